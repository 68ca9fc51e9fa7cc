package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"access-policy-mcp/cfapi/simulator"
)

// BenchmarkCalls measures calls of the tool by this program, by the smallest program that
// makes them through mcp-go, and by one with net/http and encoding/json alone. Rounds of
// the three take turns, so that whatever else the machine does strikes all of them.
//
// "exchange" asks for another test in each call, so that each is an exchange with the API;
// for this, the program under test is a copy with a request budget without a bound.
// "shared" asks for one test.
//
// It reports for each program the median time of a call (one at a time), or the calls per
// second; the CPU time of a call; and the resident memory after all calls.
func BenchmarkCalls(b *testing.B) {
	for _, load := range []string{"exchange", "shared"} {
		for _, transport := range []string{"stdio", "http"} {
			for _, inFlight := range []int{1, map[string]int{"stdio": 32, "http": 64}[transport]} {
				b.Run(fmt.Sprintf("%s/%s/%d", load, transport, inFlight), func(b *testing.B) {
					benchCalls(b, transport, load == "shared", inFlight)
				})
			}
		}
	}
}

// programs are what BenchmarkCalls compares.
var programs = []string{"floor", "minimal", "ours"}

func benchCalls(b *testing.B, transport string, shared bool, inFlight int) {
	const roundCalls = 400
	api := httptest.NewServer(http.HandlerFunc(answerAnyTest))
	b.Cleanup(api.Close)
	all := map[string]*measured{}
	for _, name := range programs {
		all[name] = startMeasured(b, name, transport, api.URL)
	}
	calls := &callMaker{shared: shared}
	for _, m := range all {
		m.round(b, calls, roundCalls, inFlight) // warms it up
		m.times, m.elapsed, m.calls, m.cpu = nil, 0, 0, -m.cpuTime(b)
	}
	for b.Loop() {
		for _, name := range programs {
			all[name].round(b, calls, roundCalls, inFlight)
		}
	}
	for _, name := range programs {
		m := all[name]
		if inFlight == 1 {
			slices.Sort(m.times)
			b.ReportMetric(float64(m.times[len(m.times)/2].Nanoseconds())/1000, name+"-p50-µs")
		} else {
			b.ReportMetric(float64(m.calls)/m.elapsed.Seconds(), name+"-calls/s")
		}
		b.ReportMetric(float64((m.cpu+m.cpuTime(b)).Microseconds())/float64(m.calls), name+"-cpu-µs")
		b.ReportMetric(residentMB(b, m.cmd), name+"-MB-rss")
	}
	b.ReportMetric(0, "ns/op") // of a round of all three
}

// answerAnyTest is the API with every test that anybody asks for.
func answerAnyTest(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"success":true,"errors":[],"messages":[],"result":{"id":%q,"status":"complete","percent_approved":25,"percent_blocked":25,"percent_errored":25,`+
		`"percent_users_processed":100,"total_users":20,"users_approved":5,"users_blocked":5,"users_errored":5}}`, filepath.Base(r.URL.Path))
}

// callMaker makes calls, each of another test unless they share one.
type callMaker struct {
	shared bool
	made   atomic.Int64
}

func (c *callMaker) next() (message, want string) {
	n := c.made.Add(1)
	id := fmt.Sprintf("f1a8b3c9d4e5f6789a0b1c2d3e4f5678a9b0c1d2e3f4a5b6%016x", n)
	if c.shared {
		id = simulator.DocumentedID
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"get_access_policy_test","arguments":{"account_id":%q,"policy_test_id":%q}}}`,
		n, simulator.AccountID, id), id
}

// measured is a running program and what its calls took.
type measured struct {
	cmd *exec.Cmd
	// call makes a call; begin and end are its halves over stdio, nil over HTTP.
	call    func(message string) []byte
	begin   func(message string)
	end     func() []byte
	times   []time.Duration
	elapsed time.Duration
	calls   int
	cpu     time.Duration
}

func (m *measured) round(b *testing.B, calls *callMaker, n, inFlight int) {
	began := time.Now()
	switch {
	case inFlight == 1:
		for range n {
			message, want := calls.next()
			start := time.Now()
			answer := m.call(message)
			m.times = append(m.times, time.Since(start))
			checkAnswer(b, answer, want)
		}
	case m.begin != nil:
		for i := range n + inFlight {
			if i >= inFlight {
				checkAnswer(b, m.end(), "") // in any order
			}
			if i < n {
				message, _ := calls.next()
				m.begin(message)
			}
		}
	default:
		var left atomic.Int64
		left.Store(int64(n))
		var wg sync.WaitGroup
		for range inFlight {
			wg.Go(func() {
				for left.Add(-1) >= 0 {
					message, want := calls.next()
					checkAnswer(b, m.call(message), want)
				}
			})
		}
		wg.Wait()
	}
	m.elapsed += time.Since(began)
	m.calls += n
}

func checkAnswer(b *testing.B, answer []byte, want string) {
	if !bytes.Contains(answer, []byte(`"status":"complete"`)) || !bytes.Contains(answer, []byte(want)) {
		b.Errorf("unexpected answer: %s", answer)
	}
}

// cpuTime is what the process has run, where the system tells. It counts in hundredths of a
// second.
func (m *measured) cpuTime(b *testing.B) time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", m.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, fields, _ := strings.Cut(string(data), ") ")
	var user, system int
	if _, err := fmt.Sscan(strings.Join(strings.Fields(fields)[11:13], " "), &user, &system); err != nil {
		b.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

func startMeasured(b *testing.B, name, transport, apiURL string) *measured {
	paths, err := binaries()
	if err != nil {
		b.Fatal(err)
	}
	path := paths[name]
	if name == "ours" {
		path = paths["ours-unlimited"]
	}
	newCommand := func(args ...string) *exec.Cmd {
		cmd := exec.Command(path, args...)
		cmd.Env = append(environment(apiURL), "ACCESS_POLICY_MCP_REQUEST_BUDGET="+unlimitedBudget)
		return cmd
	}
	if transport == "stdio" {
		s := startStdio(b, newCommand())
		b.Cleanup(s.stop)
		s.request(b, initializeMessage)
		return &measured{
			cmd:  s.cmd,
			call: func(message string) []byte { return s.request(b, message) },
			begin: func(message string) {
				if _, err := io.WriteString(s.in, message+"\n"); err != nil {
					b.Fatal(err)
				}
			},
			end: func() []byte {
				line, err := s.out.ReadBytes('\n')
				if err != nil {
					b.Fatal(err)
				}
				return line
			},
		}
	}
	url, cmd := startHTTP(b, name, newCommand)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	return &measured{cmd: cmd, call: func(message string) []byte {
		answer, err := postCall(b.Context(), client, url, message)
		if err != nil {
			b.Error(err)
		}
		return answer
	}}
}

const unlimitedBudget = "1000000000"

func postCall(ctx context.Context, client *http.Client, url, message string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(message))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// startHTTP starts a server on a free port, waits until it listens, and returns the URL
// of its endpoint.
func startHTTP(b *testing.B, name string, newCommand func(...string) *exec.Cmd) (string, *exec.Cmd) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr := listener.Addr().String()
	_ = listener.Close()
	cmd := newCommand(addr)
	if name == "ours" {
		cmd = newCommand("http", "--addr", addr)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for range 200 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			return "http://" + addr + "/mcp", cmd
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatal("the server does not listen")
	return "", nil
}
