package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
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

func TestMain(m *testing.M) {
	// The tests that run in parallel wait for other processes, not for a processor.
	if err := flag.Set("test.parallel", "32"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){server.Name: main})
}

// TestScripts drives the real binary: testdata/scripts has a script for each
// subject.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/scripts",
		Setup: func(env *testscript.Env) error {
			env.Setenv("TOKEN", simulator.Token)
			env.Setenv("PLACEHOLDER", "${CLOUDFLARE_API_TOKEN}")
			env.Setenv("ACCOUNT", simulator.AccountID)
			env.Setenv("TEST", simulator.PolicyTestID)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":    status,
			"api":       api,
			"serve":     serve,
			"post":      post,
			"fetch":     fetch,
			"terminate": terminate,
		},
	})
}

// status N COMMAND… runs a command that must exit with N.
func status(ts *testscript.TestScript, neg bool, args []string) {
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

// api [STATUS BODYFILE] starts an API on loopback and points the configuration
// to it: the simulator, or one that always gives the same answer.
func api(ts *testscript.TestScript, neg bool, args []string) {
	sim := simulator.New()
	if len(args) > 0 {
		code, err := strconv.Atoi(args[0])
		ts.Check(err)
		sim.SetFaults(simulator.Always(simulator.Fault{Status: code, Body: ts.ReadFile(args[1])}))
	}
	upstream := httptest.NewServer(sim)
	ts.Defer(upstream.Close)
	ts.Setenv("CLOUDFLARE_BASE_URL", upstream.URL)
	ts.Setenv("CLOUDFLARE_API_TOKEN", simulator.Token)
	ts.Setenv("CLOUDFLARE_ACCOUNT_ID", simulator.AccountID)
}

// running is a server started by serve.
type running struct {
	cmd    *exec.Cmd
	exited chan error
}

// current is the server of each script, by its work directory.
var current sync.Map

var listening = regexp.MustCompile(`mcp=(http://[^ ]+)/mcp`)

// serve ARGS… starts the program with the arguments, waits until it listens,
// and sets URL.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	path, err := exec.LookPath(server.Name)
	ts.Check(err)
	r := &running{cmd: exec.Command(path, args...), exited: make(chan error, 1)}
	for _, name := range []string{"PATH", "HOME", "CLOUDFLARE_BASE_URL", "CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID", "ACCESS_POLICY_MCP_BEARER_TOKEN"} {
		r.cmd.Env = append(r.cmd.Env, name+"="+ts.Getenv(name))
	}
	stderr, err := r.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(r.cmd.Start())
	ts.Defer(func() { _ = r.cmd.Process.Kill() })
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if match := listening.FindStringSubmatch(lines.Text()); match != nil {
			ts.Setenv("URL", match[1])
			go func() {
				_, _ = io.Copy(io.Discard, stderr)
				r.exited <- r.cmd.Wait()
			}()
			current.Store(ts.Getenv("WORK"), r)
			return
		}
	}
	ts.Fatalf("the server did not say where it listens")
}

// post PATH FILE [HEADER…] posts a file to the server and prints status and body.
func post(ts *testscript.TestScript, neg bool, args []string) {
	req, err := http.NewRequest(http.MethodPost, ts.Getenv("URL")+args[0], strings.NewReader(ts.ReadFile(args[1])))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	show(ts, req, args[2:])
}

// fetch PATH [HEADER…] gets a path and prints status and body.
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	req, err := http.NewRequest(http.MethodGet, ts.Getenv("URL")+args[0], nil)
	ts.Check(err)
	show(ts, req, args[1:])
}

func show(ts *testscript.TestScript, req *http.Request, header []string) {
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	_, err = fmt.Fprintf(ts.Stdout(), "%s\n%s\n", resp.Status, body)
	ts.Check(err)
}

// terminate tells the server to end and checks that it does, in time and with 0.
func terminate(ts *testscript.TestScript, neg bool, args []string) {
	value, ok := current.LoadAndDelete(ts.Getenv("WORK"))
	if !ok {
		ts.Fatalf("no server is running")
	}
	r := value.(*running)
	ts.Check(r.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-r.exited:
		ts.Check(err)
	case <-time.After(10 * time.Second):
		ts.Fatalf("the server did not end within 10 s")
	}
}

func TestPlaceholders(t *testing.T) {
	for value, want := range map[string]bool{
		"${CLOUDFLARE_API_TOKEN}": true, "${env:TOKEN}": true, "${input:token}": true, " ${A:-} ": true,
		"": false, "abc": false, "$A": false, "a${B}c": false, "${": false,
	} {
		t.Setenv("CLOUDFLARE_API_TOKEN", value)
		dropped := dropPlaceholders()
		if got := len(dropped) == 1; got != want {
			t.Errorf("%q: %v", value, dropped)
		}
		if _, set := os.LookupEnv("CLOUDFLARE_API_TOKEN"); set != (!want && value != "") {
			t.Errorf("%q: still set: %t", value, set)
		}
	}
}
