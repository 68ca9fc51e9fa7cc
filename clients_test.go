package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/server"
)

// startServer runs the real binary as an HTTP server that asks api, and returns
// its address and what it logs.
func startServer(t *testing.T, api string, args ...string) (url string, log *logFile) {
	t.Helper()
	log = newLogFile(t)
	cmd := exec.Command(server.Name, append([]string{"http", "--addr", "127.0.0.1:0", "--log-level", "debug"}, args...)...)
	cmd.Env = append(os.Environ(), "CLOUDFLARE_BASE_URL="+api, "CLOUDFLARE_API_TOKEN="+simulator.Token, "CLOUDFLARE_ACCOUNT_ID="+simulator.AccountID)
	cmd.Stderr = log.file
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for range 500 {
		if match := listening.FindStringSubmatch(log.String()); match != nil {
			return match[1], log
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the server does not listen: %s", log)
	return "", nil
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

// TestManyClients: 500 real clients wait for one test of 10 s, all get the right
// answer, and the API hardly notices.
func TestManyClients(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 10 s")
	}
	t.Parallel()
	const clients = 500
	sim := simulator.New()
	sim.AddTest("ten-seconds", 1000, 10*time.Second)
	api := httptest.NewServer(sim)
	defer api.Close()
	url, _ := startServer(t, api.URL)

	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	message := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_access_policy_test","arguments":{"policy_test_id":"ten-seconds","wait_seconds":45},"_meta":{"progressToken":"p"}}}`
	complete := regexp.MustCompile(`"status":"complete".*"total_users":1000.*"users_approved":700.*"finished":true`)
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/mcp", strings.NewReader(message))
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Content-Type", "application/json")
			resp, err := client.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || !complete.Match(body) {
				t.Error(fmt.Errorf("client %d: %w: %s", i, err, body))
			}
		})
	}
	wg.Wait()
	if n := sim.Requests(); n > 25 {
		t.Errorf("%d requests", n)
	}
}
