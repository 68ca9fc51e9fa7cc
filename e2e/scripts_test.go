package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/server"
)

// TestScripts runs testdata/scripts, which has a script for each subject. A script
// starts with the environment that testscript gives it and nothing of the developer's.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/scripts",
		Setup: func(env *testscript.Env) error {
			for _, variable := range stateIn(filepath.Join(env.WorkDir, "state")) {
				name, value, _ := strings.Cut(variable, "=")
				env.Setenv(name, value)
			}
			env.Setenv("TOKEN", simulator.Token)
			env.Setenv("PLACEHOLDER", "${CLOUDFLARE_API_TOKEN}")
			env.Setenv("ACCOUNT", simulator.AccountID)
			env.Setenv("TEST", simulator.PolicyTestID)
			env.Setenv("CLAUDE", claudeFolder(t))
			return nil
		},
		Condition: func(condition string) (bool, error) {
			if condition != "claude" {
				return false, fmt.Errorf("there is no condition %s", condition)
			}
			return claudeFolder(t) != "", nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":     command("status N COMMAND...", 2, status),
			"api":        command("api [hanging|failing|STATUS BODYFILE]", 0, api),
			"proxy":      command("proxy", 0, proxy),
			"tty":        command("tty [-interrupt] [-stderr] COLUMNS STATUS COMMAND...", 3, tty),
			"serve":      command("serve ARG...", 1, serve),
			"post":       command("post PATH FILE [HEADER...]", 2, post),
			"fetch":      command("fetch PATH [HEADER...]", 1, fetch),
			"hangingbus": command("hangingbus", 0, hangingBus),
			"terminate":  command("terminate", 0, terminate),
		},
	})
}

// claudeFolder has the command line of Claude Code, if e2e/clients has been installed; ""
// if not.
func claudeFolder(t *testing.T) string {
	found, err := filepath.Glob("clients/node_modules/@anthropic-ai/claude-code-" + runtime.GOOS + "-*/claude")
	if err != nil || len(found) == 0 {
		return ""
	}
	return absolute(t, filepath.Dir(found[0]))
}

// command is a command of scripts with at least so many arguments. It cannot be negated
// with "!".
func command(usage string, least int, run func(*testscript.TestScript, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, negated bool, args []string) {
		if negated || len(args) < least {
			ts.Fatalf("usage: %s, without a ! before it", usage)
		}
		run(ts, args)
	}
}

// status N COMMAND... runs a command that must exit with N.
func status(ts *testscript.TestScript, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// api [hanging|failing|STATUS BODYFILE] starts an API on loopback and points the
// configuration to it: the simulator, one that never answers, one that answers once and
// then fails, or one that always gives the same answer.
func api(ts *testscript.TestScript, args []string) {
	sim := simulator.New()
	if len(args) == 2 {
		code, err := strconv.Atoi(args[0])
		ts.Check(err)
		sim.SetFaults(simulator.Always(simulator.Fault{Status: code, Body: ts.ReadFile(args[1])}))
	} else if len(args) == 1 && args[0] == "hanging" {
		sim.SetFaults(simulator.Always(simulator.Fault{Delay: time.Hour}))
	} else if len(args) == 1 && args[0] == "failing" {
		sim.SetFaults(func(request int) simulator.Fault {
			return simulator.Fault{Status: min(request-1, 1) * http.StatusServiceUnavailable}
		})
	} else if len(args) != 0 {
		ts.Fatalf("usage: api [hanging|failing|STATUS BODYFILE]")
	}
	upstream := httptest.NewServer(sim)
	ts.Defer(func() {
		upstream.CloseClientConnections()
		upstream.Close()
	})
	ts.Setenv("CLOUDFLARE_BASE_URL", upstream.URL)
	ts.Setenv("CLOUDFLARE_API_TOKEN", simulator.Token)
	ts.Setenv("CLOUDFLARE_ACCOUNT_ID", simulator.AccountID)
}

// proxy starts a proxy that wants another password, and sets PROXY to its address.
func proxy(ts *testscript.TestScript, _ []string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	ts.Defer(server.Close)
	ts.Setenv("PROXY", strings.TrimPrefix(server.URL, "http://"))
}

// servedProcess is a server that serve has started.
type servedProcess struct {
	cmd    *exec.Cmd
	exited chan error // has the process's error once it has ended
}

// servedProcesses has the *servedProcess of each script, by its work directory.
var servedProcesses sync.Map

// serve ARG... starts the program with the arguments and the script's environment, waits
// until it listens, and sets URL.
func serve(ts *testscript.TestScript, args []string) {
	path, err := exec.LookPath(server.Name)
	ts.Check(err)
	ts.Check(ts.Exec("env"))
	p := &servedProcess{cmd: exec.Command(path, args...), exited: make(chan error, 1)}
	p.cmd.Env = strings.Split(strings.TrimSuffix(ts.ReadFile("stdout"), "\n"), "\n")
	stderr, err := p.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(p.cmd.Start())
	ts.Defer(func() { _ = p.cmd.Process.Kill() })
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if match := listening.FindStringSubmatch(lines.Text()); match != nil {
			ts.Setenv("URL", match[1])
			go func() {
				_, _ = io.Copy(io.Discard, stderr)
				p.exited <- p.cmd.Wait()
			}()
			servedProcesses.Store(ts.Getenv("WORK"), p)
			return
		}
		ts.Logf("%s", lines.Text())
	}
	ts.Fatalf("the server did not say where it listens")
}

// post PATH FILE [HEADER...] posts a file to the server and prints status and body.
func post(ts *testscript.TestScript, args []string) {
	printResponse(ts, http.MethodPost, args[0], ts.ReadFile(args[1]), args[2:])
}

// fetch PATH [HEADER...] gets a path and prints status and body.
func fetch(ts *testscript.TestScript, args []string) {
	printResponse(ts, http.MethodGet, args[0], "", args[1:])
}

func printResponse(ts *testscript.TestScript, method, path, body string, header []string) {
	req, err := http.NewRequest(method, ts.Getenv("URL")+path, strings.NewReader(body))
	ts.Check(err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	ts.Check(err)
	_, err = fmt.Fprintf(ts.Stdout(), "%s\n%s\n", resp.Status, answer)
	ts.Check(err)
}

// terminate tells the server to end and checks that it does, in time and with 0.
func terminate(ts *testscript.TestScript, _ []string) {
	value, ok := servedProcesses.LoadAndDelete(ts.Getenv("WORK"))
	if !ok {
		ts.Fatalf("no server is running")
	}
	p := value.(*servedProcess)
	ts.Check(p.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-p.exited:
		ts.Check(err)
	case <-time.After(10 * time.Second):
		ts.Fatalf("the server did not end within 10 s")
	}
}
