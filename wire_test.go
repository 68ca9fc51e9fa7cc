package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/server"
)

// wire is a client of the real binary over one transport.
type wire struct {
	// ask sends a request and returns the answer to it. It may be used by many at
	// a time; IDs must differ.
	ask func(id, message string) string
	log *logFile
}

// wires start the binary with arguments, in front of an API.
var wires = map[string]func(t *testing.T, api string, args ...string) wire{
	"stdio": stdioWire,
	"http": func(t *testing.T, api string, args ...string) wire {
		url, log := startServer(t, api, args...)
		return wire{log: log, ask: func(_, message string) string {
			return postMessage(t, url+"/mcp", message)
		}}
	},
	"sse": func(t *testing.T, api string, args ...string) wire {
		url, log := startServer(t, api, args...)
		ctx, cancel := context.WithCancel(context.Background())
		t.Cleanup(cancel)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/sse", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		endpoint := ""
		for endpoint == "" && lines.Scan() {
			endpoint, _ = strings.CutPrefix(lines.Text(), "data: ")
			if !strings.HasPrefix(lines.Text(), "data: ") {
				endpoint = ""
			}
		}
		inbox := newInbox()
		go func() {
			for lines.Scan() {
				if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
					inbox.put(data)
				}
			}
		}()
		return wire{log: log, ask: func(id, message string) string {
			postMessage(t, url+endpoint, message)
			return inbox.take(id)
		}}
	},
}

func stdioWire(t *testing.T, api string, args ...string) wire {
	t.Helper()
	log := newLogFile(t)
	cmd := exec.Command(server.Name, append([]string{"stdio", "--log-level", "debug"}, args...)...)
	cmd.Env = append(os.Environ(), "CLOUDFLARE_BASE_URL="+api, "CLOUDFLARE_API_TOKEN="+simulator.Token, "CLOUDFLARE_ACCOUNT_ID="+simulator.AccountID)
	cmd.Stderr = log.file
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	inbox := newInbox()
	read := make(chan struct{})
	go func() {
		defer close(read)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			inbox.put(lines.Text())
		}
	}()
	t.Cleanup(func() {
		_ = in.Close()
		<-read
		_ = cmd.Wait()
	})
	var mu sync.Mutex
	return wire{log: log, ask: func(id, message string) string {
		mu.Lock()
		_, err := io.WriteString(in, message+"\n")
		mu.Unlock()
		if err != nil {
			t.Error(err)
		}
		return inbox.take(id)
	}}
}

func postMessage(t *testing.T, url, message string) string {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, strings.NewReader(message))
	if err != nil {
		t.Error(err)
		return ""
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return string(body)
}

// inbox sorts answers by their IDs.
type inbox struct {
	mu      sync.Mutex
	answers map[string]chan string
}

func newInbox() *inbox { return &inbox{answers: map[string]chan string{}} }

func (b *inbox) slot(id string) chan string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.answers[id] == nil {
		b.answers[id] = make(chan string, 1)
	}
	return b.answers[id]
}

func (b *inbox) put(answer string) {
	var message struct{ ID string }
	if json.Unmarshal([]byte(answer), &message) == nil && message.ID != "" {
		b.slot(message.ID) <- answer
	}
}

// take waits for an answer; "" if none comes.
func (b *inbox) take(id string) string {
	select {
	case answer := <-b.slot(id):
		return answer
	case <-time.After(time.Minute):
		return ""
	}
}
