package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"sync"
	"testing"
	"time"

	"access-policy-mcp/cfapi/simulator"
)

// BenchmarkWaitingConnections has 10,000 HTTP connections wait for a minute, for one test
// that ends then, and for 1,000 tests. It reports the resident memory for each of them,
// the requests to the API, and how long after the request that sees the end the last
// client has its answer.
func BenchmarkWaitingConnections(b *testing.B) {
	const connections, run = 10_000, time.Minute
	for _, tests := range []int{1, 1000} {
		b.Run(fmt.Sprintf("%d-on-%d", connections, tests), func(b *testing.B) {
			for b.Loop() {
				waitOnConnections(b, connections, tests, run)
			}
		})
	}
}

func waitOnConnections(b *testing.B, connections, tests int, run time.Duration) {
	sim := simulator.New()
	for i := range tests {
		sim.AddTest(fmt.Sprint("test-", i), 1000, run)
	}
	var mu sync.Mutex
	var lastRequest time.Time
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sim.ServeHTTP(w, r)
		mu.Lock()
		defer mu.Unlock()
		lastRequest = time.Now()
	}))
	defer api.Close()
	paths, err := binaries()
	if err != nil {
		b.Fatal(err)
	}
	address, cmd := startHTTP(b, "ours", func(args ...string) *exec.Cmd {
		cmd := exec.Command(paths["ours-unlimited"], args...)
		cmd.Env = environment(api.URL)
		return cmd
	})
	u, err := url.Parse(address)
	if err != nil {
		b.Fatal(err)
	}
	before := residentMB(b, cmd)
	began := time.Now()
	var wg sync.WaitGroup
	places := make(chan struct{}, 100) // what the listener's queue holds
	for i := range connections {
		wg.Go(func() {
			if err := waitOnConnection(u.Host, fmt.Sprint("test-", i%tests), run+2*time.Second, places, tests == 1); err != nil {
				b.Error(err)
			}
		})
	}
	time.Sleep(run / 2)
	b.ReportMetric((residentMB(b, cmd)-before)*1000/float64(connections), "KB/connection")
	wg.Wait()
	mu.Lock()
	defer mu.Unlock()
	if tests == 1 {
		b.ReportMetric(float64(time.Since(lastRequest).Microseconds())/1000, "ms-to-last-answer")
	}
	b.ReportMetric(float64(sim.Requests())/time.Since(began).Minutes(), "requests/min")
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// waitOnConnection makes a call that waits, over a connection of its own. With many tests
// the budget does not suffice for the figures of all.
func waitOnConnection(address, id string, wait time.Duration, places chan struct{}, figures bool) error {
	places <- struct{}{}
	conn, err := net.Dial("tcp", address)
	<-places
	if err != nil {
		return err
	}
	defer conn.Close()
	message := requestMessage("1", "tools/call", toolCallParams("get_access_policy_test", fmt.Sprintf(`{"policy_test_id":%q,"wait_seconds":%d}`, id, int(wait.Seconds()))))
	_, err = fmt.Fprintf(conn, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"+
		"Accept: application/json, text/event-stream\r\nContent-Length: %d\r\n\r\n%s", len(message), message)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(bufio.NewReaderSize(conn, 512))
	if err == nil && (!bytes.Contains(answer, []byte(`"result":{`)) || figures && !bytes.Contains(answer, []byte(`"status":"complete"`))) {
		err = fmt.Errorf("unexpected answer: %s", answer)
	}
	return err
}
