package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/server"
)

// The benchmarks compare this program with the least that the same call can
// cost, and with the smallest program that makes it through mcp-go. All of them
// ask a simulator on a loopback port.

// newAPI serves the simulator without a quota and returns its base URL.
func newAPI(b *testing.B) string {
	sim := simulator.New()
	sim.SetQuota(1<<40, time.Hour)
	api := httptest.NewServer(sim)
	b.Cleanup(api.Close)
	return api.URL
}

// BenchmarkFloor is a bare GET with net/http and json.Unmarshal of the body.
func BenchmarkFloor(b *testing.B) {
	url := newAPI(b) + "/accounts/" + simulator.AccountID + "/access/policy-tests/" + simulator.DocumentedID
	b.ReportAllocs()
	for b.Loop() {
		req, _ := http.NewRequest(http.MethodGet, url, nil)
		req.Header.Set("Authorization", "Bearer "+simulator.Token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		var answer struct{ Result cfapi.PolicyTest }
		if err := json.Unmarshal(body, &answer); err != nil || answer.Result.Status != cfapi.Complete {
			b.Fatal(err, answer)
		}
	}
}

// BenchmarkClient is the same through cfapi.
func BenchmarkClient(b *testing.B) {
	client, err := cfapi.New(cfapi.Config{BaseURL: newAPI(b), Credentials: cfapi.Credentials{Token: simulator.Token}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.GetPolicyTest(b.Context(), simulator.AccountID, simulator.DocumentedID); err != nil {
			b.Fatal(err)
		}
	}
}

// binaries are this program and the smallest one, built as they are released. They lie
// next to the program under test, in a directory that TestMain removes.
var binaries = sync.OnceValues(func() (map[string]string, error) {
	program, err := exec.LookPath(server.Name)
	if err != nil {
		return nil, err
	}
	paths := map[string]string{"minimal": server.Name + "/e2e/minimal", "ours": server.Name}
	for name, source := range paths {
		binary := filepath.Join(filepath.Dir(program), name)
		if out, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, source).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w: %s", err, out)
		}
		paths[name] = binary
	}
	return paths, nil
})

// forEachBinary runs a benchmark of each of the two. newCommand makes a command that runs
// the binary in front of a simulator.
func forEachBinary(b *testing.B, bench func(b *testing.B, newCommand func(args ...string) *exec.Cmd)) {
	paths, err := binaries()
	if err != nil {
		b.Fatal(err)
	}
	api := newAPI(b)
	for _, name := range []string{"minimal", "ours"} {
		b.Run(name, func(b *testing.B) {
			bench(b, func(args ...string) *exec.Cmd {
				cmd := exec.Command(paths[name], args...)
				cmd.Env = environment(api)
				return cmd
			})
		})
	}
}

// stdioServer is a running server with its pipes.
type stdioServer struct {
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
}

func startStdio(b *testing.B, cmd *exec.Cmd) stdioServer {
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		b.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return stdioServer{in, bufio.NewReader(out), cmd}
}

func (s stdioServer) request(b *testing.B, message string) []byte {
	if _, err := io.WriteString(s.in, message+"\n"); err != nil {
		b.Fatal(err)
	}
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		b.Fatal(err)
	}
	return line
}

func (s stdioServer) stop() {
	_ = s.in.Close()
	_ = s.cmd.Wait()
}

// BenchmarkStart is the time from the start of the process to the answer to
// tools/list.
func BenchmarkStart(b *testing.B) {
	forEachBinary(b, func(b *testing.B, newCommand func(...string) *exec.Cmd) {
		for b.Loop() {
			s := startStdio(b, newCommand())
			s.request(b, initializeMessage)
			if !bytes.Contains(s.request(b, listMessage), []byte("get_access_policy_test")) {
				b.Fatal("no tool")
			}
			s.stop()
		}
	})
}

// BenchmarkStdio is a call over stdio, one at a time. It also reports the
// server's resident memory.
func BenchmarkStdio(b *testing.B) {
	forEachBinary(b, func(b *testing.B, newCommand func(...string) *exec.Cmd) {
		s := startStdio(b, newCommand())
		defer s.stop()
		s.request(b, initializeMessage)
		for b.Loop() {
			if answer := s.request(b, callMessage); !bytes.Contains(answer, []byte(`"status":"complete"`)) {
				b.Fatalf("%s", answer)
			}
		}
		b.ReportMetric(residentMB(b, s.cmd), "MB-rss")
	})
}

// BenchmarkHTTP is a call over Streamable HTTP, at 1 and at 64 in flight.
func BenchmarkHTTP(b *testing.B) {
	for _, inFlight := range []int{1, 64} {
		b.Run(fmt.Sprint(inFlight), func(b *testing.B) {
			forEachBinary(b, func(b *testing.B, newCommand func(...string) *exec.Cmd) {
				url, cmd := startHTTP(b, newCommand)
				client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
				b.SetParallelism(inFlight) // times GOMAXPROCS, hence the limit
				limit := make(chan struct{}, inFlight)
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						limit <- struct{}{}
						err := postCall(b.Context(), client, url)
						<-limit
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
				b.ReportMetric(residentMB(b, cmd), "MB-rss")
			})
		})
	}
}

func postCall(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(callMessage))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && !bytes.Contains(body, []byte(`"status":"complete"`)) {
		err = fmt.Errorf("unexpected answer: %s", body)
	}
	return err
}

// startHTTP starts a server on a free port, waits until it listens, and returns the URL
// of its endpoint.
func startHTTP(b *testing.B, newCommand func(...string) *exec.Cmd) (string, *exec.Cmd) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr := listener.Addr().String()
	_ = listener.Close()
	cmd := newCommand(addr)
	if strings.HasSuffix(cmd.Path, "ours") {
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

// residentMB reads the resident set size of a process where the system tells.
func residentMB(b *testing.B, cmd *exec.Cmd) float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", cmd.Process.Pid))
	if err != nil {
		return 0
	}
	var size, resident int
	if _, err := fmt.Sscan(string(data), &size, &resident); err != nil {
		b.Fatal(err)
	}
	return float64(resident*os.Getpagesize()) / 1e6
}
