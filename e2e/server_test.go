package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"access-policy-mcp/server"
)

// listening is in the log of a server that listens, with its address.
var listening = regexp.MustCompile(`mcp=(http://[^ ]+)/mcp`)

// startServer runs the binary as an HTTP server in front of an API, and returns its
// address and what it logs.
func startServer(t *testing.T, apiURL string, args ...string) (url string, log *logFile) {
	t.Helper()
	log = newLogFile(t)
	cmd := exec.Command(server.Name, append([]string{"http", "--addr", "127.0.0.1:0", "--log-level", "debug"}, args...)...)
	cmd.Env = environment(apiURL)
	cmd.Stderr = log.file
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if match := listening.FindStringSubmatch(log.String()); match != nil {
			return match[1], log
		}
	}
	t.Fatalf("the server does not listen: %s", log)
	return "", nil
}

// postMessage posts a message and returns the body of the answer; "" if there is none.
func postMessage(t *testing.T, client *http.Client, url, message string) string {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, strings.NewReader(message))
	if err != nil {
		t.Error(err)
		return ""
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
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

// logFile is the stderr of a process.
type logFile struct{ file *os.File }

func newLogFile(t *testing.T) *logFile {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "stderr")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return &logFile{file}
}

func (l *logFile) String() string {
	data, err := os.ReadFile(l.file.Name())
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// with returns the log once it has a text: records are written after the answers that they
// are about. It waits 10 s at most.
func (l *logFile) with(text string) string {
	for range 1000 {
		if log := l.String(); strings.Contains(log, text) {
			return log
		}
		time.Sleep(10 * time.Millisecond)
	}
	return l.String()
}

// freeAddress is an address on loopback that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
