package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/server"
)

// interrupted is how a command ended that got a signal.
type interrupted struct {
	status         int
	stdout, stderr string
	took           time.Duration // from the signal to the end
}

// interrupt runs a command, waits until something has been sent to ready, and a moment
// longer, and sends the signal.
func interrupt(t *testing.T, apiURL string, signal os.Signal, ready <-chan struct{}, args ...string) interrupted {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(server.Name, args...)
	cmd.Env = environment(apiURL)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ready:
	case <-time.After(time.Minute):
		t.Error("the command does not get that far")
	}
	time.Sleep(200 * time.Millisecond)
	began := time.Now()
	_ = cmd.Process.Signal(signal)
	watchdog := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer watchdog.Stop()
	_ = cmd.Wait()
	return interrupted{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String(), time.Since(began)}
}

// check is for commands that end at once.
func (i interrupted) check(t *testing.T, stdout, stderr string) {
	t.Helper()
	if i.status != 130 || i.took > 5*time.Second || !strings.Contains(i.stderr, stderr) {
		t.Errorf("%d after %v: %s%s", i.status, i.took, i.stdout, i.stderr)
	}
	if stdout == "" && i.stdout != "" || !strings.Contains(i.stdout, stdout) {
		t.Errorf("stdout: %s", i.stdout)
	}
}

// notifying tells on a channel when so many requests have come in.
func notifying(api http.Handler, requests int) (http.Handler, <-chan struct{}) {
	var mu sync.Mutex
	ready := make(chan struct{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if requests--; requests == 0 {
			close(ready)
		}
		mu.Unlock()
		api.ServeHTTP(w, r)
	}), ready
}

// hanging never answers.
func hanging() http.Handler {
	sim := simulator.New()
	sim.SetFaults(simulator.Always(simulator.Fault{Delay: time.Hour}))
	return sim
}

// endless sends full pages for ever, with new users each time.
func endless() http.Handler {
	var mu sync.Mutex
	n := 0
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		users := make([]cfapi.User, cfapi.MaxUsersPerPage)
		for i := range users {
			n++
			users[i] = cfapi.User{ID: fmt.Sprint(n), Status: cfapi.UserBlocked}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"success": true, "result": users})
	})
}

// TestInterrupted: Ctrl-C and SIGTERM end a command at once, with 130. What is known is
// printed first.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	long := simulator.New()
	long.AddTest("long", 1000, time.Hour)
	for name, tt := range map[string]struct {
		api            http.Handler
		requests       int // after which the signal comes
		args           string
		stdout, stderr string
	}{
		"get without an answer":   {hanging(), 1, "get x", "", "interrupted"},
		"wait without an answer":  {hanging(), 1, "get x --wait 60s", "", "interrupted"},
		"wait":                    {long, 1, "get long --wait 60s", "is still processing", "interrupted"},
		"users without an answer": {hanging(), 1, "users x", "", "interrupted"},
		"all without an answer":   {hanging(), 1, "users x --all", "", "interrupted"},
		"all as JSON":             {hanging(), 1, "users x --all --json", "", "interrupted"},
		"start without an answer": {hanging(), 1, "start --policy x", "", "it is not known whether a test was started"},
		"start and wait":          {simulator.New(), 2, "start --policy x --wait 60s", "was started", "interrupted"},
		"start and wait quietly":  {simulator.New(), 2, "start --policy x --wait 60s -q", "\n", "interrupted"},
		"start and wait, as JSON": {simulator.New(), 2, "start --policy x --wait 60s --json", `"id":"`, "interrupted"},
		"wait with a limit":       {long, 1, "get long --wait 60s --max-blocked 0", "is still processing", "interrupted"},
	} {
		for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
			t.Run(name+"/"+signal.String(), func(t *testing.T) {
				t.Parallel()
				handler, ready := notifying(tt.api, tt.requests)
				api := httptest.NewServer(handler)
				t.Cleanup(func() {
					api.CloseClientConnections()
					api.Close()
				})
				interrupt(t, api.URL, signal, ready, strings.Fields(tt.args)...).check(t, tt.stdout, tt.stderr)
			})
		}
	}
}

// TestInterruptedList: what users has printed before the signal stands, in whole lines or
// as one JSON document.
func TestInterruptedList(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"", "--json"} {
		handler, ready := notifying(endless(), 5)
		api := httptest.NewServer(handler)
		t.Cleanup(func() {
			api.CloseClientConnections()
			api.Close()
		})
		got := interrupt(t, api.URL, os.Interrupt, ready, strings.Fields("users x --all --request-budget 1200 "+format)...)
		if got.status != 130 || got.took > 5*time.Second || !strings.HasSuffix(got.stderr, "interrupted\n") {
			t.Errorf("%d after %v: %s", got.status, got.took, got.stderr)
		}
		var document struct {
			Users []cfapi.User
			More  bool
		}
		if format == "" {
			if n := strings.Count(got.stdout, "\n"); n < 3000 || n%1000 != 0 || !strings.HasSuffix(got.stdout, "\n") {
				t.Errorf("%d lines, which end with %q", n, got.stdout[max(0, len(got.stdout)-100):])
			}
		} else if err := json.Unmarshal([]byte(got.stdout), &document); err != nil || len(document.Users) < 3000 || !document.More {
			t.Errorf("%v: %d users, more: %v", err, len(document.Users), document.More)
		}
	}
}
