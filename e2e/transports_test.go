package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"access-policy-mcp/server"
)

// connection is a client's connection to the binary.
type connection struct {
	// send sends a request and returns the response to it, or "" if none comes. Each
	// request has an ID of its own. Any number may be under way at once.
	send func(id, message string) string
	log  *logFile
}

func (c connection) request(id, method, params string) string {
	return c.send(id, requestMessage(id, method, params))
}

// transports start the binary with arguments, in front of an API, and connect to it.
var transports = map[string]func(t *testing.T, apiURL string, args ...string) connection{
	"stdio": connectStdio,
	"http":  connectHTTP,
	"sse":   connectSSE,
}

func connectStdio(t *testing.T, apiURL string, args ...string) connection {
	t.Helper()
	log := newLogFile(t)
	cmd := exec.Command(server.Name, append([]string{"stdio", "--log-level", "debug"}, args...)...)
	cmd.Env = environment(apiURL)
	cmd.Stderr = log.file
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	received := newResponses()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines := newLines(out); lines.Scan(); {
			received.add(lines.Text())
		}
	}()
	t.Cleanup(func() {
		_ = in.Close()
		<-ended
		_ = cmd.Wait()
	})
	var mu sync.Mutex
	return connection{log: log, send: func(id, message string) string {
		mu.Lock()
		_, err := io.WriteString(in, message+"\n")
		mu.Unlock()
		if err != nil {
			t.Error(err)
		}
		return received.wait(id)
	}}
}

func connectHTTP(t *testing.T, apiURL string, args ...string) connection {
	t.Helper()
	url, log := startServer(t, apiURL, args...)
	return connection{log: log, send: func(_, message string) string {
		return lastEvent(postMessage(t, http.DefaultClient, url+"/mcp", message))
	}}
}

func connectSSE(t *testing.T, apiURL string, args ...string) connection {
	t.Helper()
	url, log := startServer(t, apiURL, args...)
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
	// The first event tells where to post; all others are messages.
	lines := newLines(resp.Body)
	endpoint := ""
	for endpoint == "" && lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			endpoint = data
		}
	}
	received := newResponses()
	go func() {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				received.add(data)
			}
		}
	}()
	return connection{log: log, send: func(id, message string) string {
		postMessage(t, http.DefaultClient, url+endpoint, message)
		return received.wait(id)
	}}
}

// lastEvent is the data of the last event of a stream; a body that is no stream is
// returned as it is. A call that takes its time is answered by a stream.
func lastEvent(body string) string {
	if i := strings.LastIndex(body, "\ndata: "); i >= 0 {
		return strings.TrimSpace(body[i+len("\ndata: "):])
	}
	return body
}

// newLines reads lines of up to 1 MiB.
func newLines(r io.Reader) *bufio.Scanner {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	return lines
}

// responses are what has been received on a connection, by the IDs of the requests.
type responses struct {
	mu   sync.Mutex
	byID map[string]chan string
}

func newResponses() *responses { return &responses{byID: map[string]chan string{}} }

func (r *responses) of(id string) chan string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byID[id] == nil {
		r.byID[id] = make(chan string, 1)
	}
	return r.byID[id]
}

// add adds a message unless it is no response.
func (r *responses) add(text string) {
	var message struct{ ID string }
	if json.Unmarshal([]byte(text), &message) == nil && message.ID != "" {
		r.of(message.ID) <- text
	}
}

// wait returns the response to a request; "" if none comes within a minute.
func (r *responses) wait(id string) string {
	select {
	case response := <-r.of(id):
		return response
	case <-time.After(time.Minute):
		return ""
	}
}
