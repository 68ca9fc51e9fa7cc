package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/server"
)

// served is a server process with a stderr that the test chooses.
type served struct {
	cmd  *exec.Cmd
	call func(n int) // makes n calls, all of which must be answered
	end  func()      // tells the process to end
}

// serversOver start the program with that stderr, which belongs to the process from then
// on.
var serversOver = map[string]func(t *testing.T, stderr *os.File) served{
	"stdio": serveStdio,
	"http":  serveHTTP,
}

func serveStdio(t *testing.T, stderr *os.File) served {
	cmd, in, out := startServed(t, stderr, "stdio")
	lines, sent := newLines(out), 0
	const atOnce = 500 // less than a server takes on of one connection
	return served{cmd: cmd, end: func() { _ = in.Close() }, call: func(n int) {
		for end := sent + n; sent < end; {
			messages := callMessages(sent, min(atOnce, end-sent))
			go func() { _, _ = io.WriteString(in, messages) }()
			for range strings.Count(messages, "\n") {
				if !lines.Scan() || !strings.Contains(lines.Text(), `"status":"complete"`) {
					t.Errorf("%v: %s", lines.Err(), lines.Text())
					return
				}
				sent++
			}
		}
	}}
}

// callMessages are n lines with requests whose IDs count from first.
func callMessages(first, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Replace(callMessage, `"id":"1"`, fmt.Sprintf(`"id":"%d"`, first+i), 1) + "\n")
	}
	return b.String()
}

// serveHTTP finds a free port first, because the log that has the address is not read.
func serveHTTP(t *testing.T, stderr *os.File) served {
	address := freeAddress(t)
	cmd, _, _ := startServed(t, stderr, "http", "--addr", address)
	client := &http.Client{Timeout: time.Minute}
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if resp, err := client.Get("http://" + address + "/readyz"); err == nil {
			resp.Body.Close()
			break
		}
	}
	return served{cmd: cmd, end: func() { _ = cmd.Process.Signal(syscall.SIGTERM) }, call: func(n int) {
		for range n {
			if answer := postMessage(t, client, "http://"+address+"/mcp", callMessage); !strings.Contains(answer, `"status":"complete"`) {
				t.Errorf("not answered: %s", answer)
				return
			}
		}
	}}
}

func startServed(t *testing.T, stderr *os.File, args ...string) (cmd *exec.Cmd, in io.WriteCloser, out io.Reader) {
	t.Helper()
	cmd = exec.Command(server.Name, append(args, "--simulate")...)
	cmd.Stderr = stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil || cmd.Start() != nil {
		t.Fatal(err1, err2)
	}
	_ = stderr.Close()
	// A process that does not answer is ended, so that the test does not hang.
	watchdog := time.AfterFunc(2*time.Minute, func() {
		t.Error("the process hangs")
		_ = cmd.Process.Kill()
	})
	t.Cleanup(func() {
		watchdog.Stop()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd, in, out
}

// wait waits for the end of the process, which must be a good one.
func (s served) wait(t *testing.T) {
	t.Helper()
	s.end()
	began := time.Now()
	if err := s.cmd.Wait(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("the end took %v", took)
	}
}

func newPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, w
}

// manyCalls are more than the records that fit into a pipe and into any queue.
const manyCalls = 6000

// TestUnreadLog: a server whose log nobody reads answers every call. Once it is read
// again, it says how many records are missing. It does not run in parallel with tests
// that measure time.
func TestUnreadLog(t *testing.T) {
	for name, serve := range serversOver {
		t.Run(name, func(t *testing.T) {
			log, stderr := newPipe(t)
			s := serve(t, stderr)
			s.call(manyCalls)

			records, dropped := 0, 0
			lines := bufio.NewScanner(log)
			for dropped == 0 && lines.Scan() {
				if strings.Contains(lines.Text(), " msg=call ") {
					records++
				}
				if match := regexp.MustCompile(` level=WARN .* dropped=(\d+)$`).FindStringSubmatch(lines.Text()); match != nil {
					_, _ = fmt.Sscan(match[1], &dropped)
				}
			}
			if records+dropped != manyCalls || records < 1000 {
				t.Errorf("%d records, %d dropped", records, dropped)
			}
			s.call(1)
			if !lines.Scan() || !strings.Contains(lines.Text(), " msg=call ") {
				t.Errorf("after the notice: %s", lines.Text())
			}
			rest := make(chan string, 1)
			go func() {
				data, _ := io.ReadAll(log)
				rest <- string(data)
			}()
			s.wait(t)
			<-rest
		})
	}
}

// TestUnreadLogAtTheEnd: a log that nobody reads does not keep a server from ending.
func TestUnreadLogAtTheEnd(t *testing.T) {
	for name, serve := range serversOver {
		t.Run(name, func(t *testing.T) {
			_, stderr := newPipe(t)
			s := serve(t, stderr)
			s.call(800)
			s.wait(t)
		})
	}
}

// TestClosedLog: a server whose stderr is a closed pipe goes on.
func TestClosedLog(t *testing.T) {
	t.Parallel()
	for name, serve := range serversOver {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, stderr := newPipe(t)
			_ = log.Close()
			s := serve(t, stderr)
			s.call(100)
			s.wait(t)
		})
	}
}

// TestLastRecords: the last records of a server that ends are in its log.
func TestLastRecords(t *testing.T) {
	t.Parallel()
	for range 20 {
		log := newLogFile(t)
		cmd := exec.Command(server.Name, "--simulate")
		cmd.Stdin = strings.NewReader(callMessages(0, 50))
		cmd.Stderr = log.file
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(log.String(), " msg=call "); n != 50 {
			t.Errorf("%d records", n)
		}
	}
}

// TestClosedStdout: a command whose reader has left ends with 1 and without a word.
func TestClosedStdout(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"get", "users example-documented", "users example-documented --all", "users example-documented --all --json", "get --json", "version"} {
		out, stdout := newPipe(t)
		_ = out.Close()
		cmd := exec.Command(server.Name, append(strings.Fields(args), "--simulate")...)
		var stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = stdout, &stderr
		err := cmd.Run()
		_ = stdout.Close()
		if cmd.ProcessState.ExitCode() != 1 || strings.Contains(stderr.String(), "pipe") {
			t.Errorf("%s: %v: %s", args, err, &stderr)
		}
	}
}

// TestClosedStderr: nobody has to read what a command says on stderr.
func TestClosedStderr(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]int{
		"get " + simulator.DocumentedID: 0, "users " + simulator.DocumentedID: 0, "get": 3, "get --wait 1s": 3, "get nowhere": 1, "get --frobnicate": 2,
	} {
		log, stderr := newPipe(t)
		_ = log.Close()
		cmd := exec.Command(server.Name, append(strings.Fields(args), "--simulate")...)
		cmd.Stderr = stderr
		err := cmd.Run()
		_ = stderr.Close()
		if cmd.ProcessState.ExitCode() != want {
			t.Errorf("%s: %v", args, err)
		}
	}
}
