package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// binaries are this program and those it is compared with, built as they are released,
// and a copy of this program without the limits that would end a measurement. They lie next
// to the program under test, in a directory that TestMain removes.
var binaries = sync.OnceValues(func() (map[string]string, error) {
	program, err := exec.LookPath(server.Name)
	if err != nil {
		return nil, err
	}
	overlay, err := writeOverlay(filepath.Dir(program))
	if err != nil {
		return nil, err
	}
	paths := map[string]string{"floor": server.Name + "/e2e/floor", "minimal": server.Name + "/e2e/minimal", "ours": server.Name, "ours-unlimited": server.Name}
	for name, source := range paths {
		binary := filepath.Join(filepath.Dir(program), name)
		args := []string{"build", "-trimpath", "-ldflags", "-s -w", "-o", binary, source}
		if name == "ours-unlimited" {
			args = slices.Insert(args, 1, "-overlay", overlay)
		}
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
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
	for _, name := range []string{"floor", "minimal", "ours"} {
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
