package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/history"
	"access-policy-mcp/server"
)

// runWithState runs the program with a state folder of its own and returns its exit status and
// what it prints.
func runWithState(t *testing.T, state, apiURL, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errors bytes.Buffer
	cmd := exec.Command(server.Name, args...)
	cmd.Env = append(environment(apiURL), stateIn(state)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errors
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errors.String()
}

// remembered is the list that the command tests prints.
func remembered(t *testing.T, state string) []history.Test {
	t.Helper()
	status, stdout, stderr := runWithState(t, state, "", "", "tests", "--json")
	var list struct{ Tests []history.Test }
	if err := json.Unmarshal([]byte(stdout), &list); err != nil || status != 0 {
		t.Fatalf("%d, %v: %s%s", status, err, stdout, stderr)
	}
	return list.Tests
}

// getMessage asks about a test over stdio.
func getMessage(id string) string {
	return `{"jsonrpc":"2.0","id":"` + id + `","method":"tools/call","params":{"name":"get_access_policy_test","arguments":{"policy_test_id":"` + id + `"}}}` + "\n"
}

// TestHistoryOfManyProcesses: commands and servers that run at the same time lose nothing
// of each other, and simulators start no test twice.
func TestHistoryOfManyProcesses(t *testing.T) {
	t.Parallel()
	const each = 8
	state := t.TempDir()
	sim := simulator.New()
	want := map[string]bool{}
	for i := range each {
		for _, kind := range []string{"command", "server-a", "server-b"} {
			id := fmt.Sprintf("%s-%d", kind, i)
			sim.AddTest(id, 20, 0)
			want[id] = true
		}
	}
	api := httptest.NewServer(sim)
	t.Cleanup(api.Close)
	var wg sync.WaitGroup
	run := func(stdin string, args ...string) {
		wg.Go(func() {
			if status, stdout, stderr := runWithState(t, state, api.URL, stdin, args...); status != 0 || stdout == "" {
				t.Errorf("%v: %d: %s%s", args, status, stdout, stderr)
			}
		})
	}
	for i := range each {
		run("", "get", fmt.Sprintf("command-%d", i))
		run(getMessage(fmt.Sprintf("server-a-%d", i))+getMessage(fmt.Sprintf("server-b-%d", i)), "stdio")
		run("", "start", "--simulate", "--policy", fmt.Sprint(i))
	}
	wg.Wait()
	simulated := map[string]bool{}
	for _, test := range remembered(t, state) {
		if test.Simulated {
			simulated[strings.Join(test.Policies, "")] = true
		} else if !want[test.PolicyTestID] || test.Result == nil || test.Result.Status != "complete" {
			t.Errorf("not expected: %+v", test)
		}
		delete(want, test.PolicyTestID)
	}
	if len(want) != 0 || len(simulated) != each {
		t.Errorf("lost: %v; %d of %d that were simulated are there", want, len(simulated), each)
	}
}

// TestHistoryOfServers: stdio remembers what a model has started and read, and http keeps
// nothing on disk.
func TestHistoryOfServers(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(simulator.New())
	t.Cleanup(api.Close)
	state := t.TempDir()
	start := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"start_access_policy_test","arguments":{"policies":["abc",{"name":"Staff","decision":"allow","include":[{"email":{"email":"a@example.com"}}]}]}}}` + "\n"
	read := `{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":"access-policy-test://` + simulator.AccountID + `/` + simulator.BlockedID + `"}}` + "\n"
	if status, stdout, stderr := runWithState(t, state, api.URL, start+read+getMessage("no-such-test"), "--allow-start"); status != 0 || strings.Count(stdout, "\n") != 3 {
		t.Fatalf("%d: %s%s", status, stdout, stderr)
	}
	tests := remembered(t, state)
	if len(tests) != 2 {
		t.Fatalf("%+v", tests)
	}
	for _, test := range tests {
		started := !test.StartedAt.IsZero() && strings.Join(test.Policies, ",") == "abc,Staff" && test.Result == nil
		asked := test.PolicyTestID == simulator.BlockedID && test.StartedAt.IsZero() && test.Result != nil && test.Result.Status == "blocked"
		if !started && !asked || test.AccountID != simulator.AccountID || test.AskedAt.IsZero() {
			t.Errorf("%+v", test)
		}
	}

	url, log := startServer(t, api.URL) // its state folder is that of all tests
	body := postMessage(t, api.Client(), url+"/mcp", getMessage("example-documented"))
	if !strings.Contains(body, "is complete") {
		t.Errorf("%s%s", body, log)
	}
	for _, test := range remembered(t, os.Getenv("XDG_STATE_HOME")) {
		if test.PolicyTestID == simulator.DocumentedID {
			t.Error("http has remembered a test")
		}
	}
}

// TestHistoryCannotBeKept: whatever is in the way of the history, commands answer as they
// do without one, and say nothing of it.
func TestHistoryCannotBeKept(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(simulator.New())
	t.Cleanup(api.Close)
	file := func(state string) string { return filepath.Join(state, server.Name, "tests.json") }
	for name, prepare := range map[string]func(state string) error{
		"file in place of the folder": func(state string) error { return os.WriteFile(filepath.Join(state, server.Name), nil, 0o600) },
		"folder in place of the file": func(state string) error { return os.MkdirAll(file(state), 0o700) },
		"folder that is read-only":    func(state string) error { return os.Chmod(state, 0o500) },
		"no such disk": func(state string) error {
			return os.Symlink("/nowhere/at/all", filepath.Join(state, server.Name))
		},
		"garbage": func(state string) error {
			if err := os.MkdirAll(filepath.Dir(file(state)), 0o700); err != nil {
				return err
			}
			return os.WriteFile(file(state), bytes.Repeat([]byte("garbage\x00"), 1<<20), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS != "linux" {
				t.Skip("where the folder is depends on the system")
			}
			state := t.TempDir()
			if err := prepare(state); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(state, 0o700) })
			for _, args := range []string{"get " + simulator.DocumentedID, "users " + simulator.DocumentedID, "start --policy x"} {
				if status, stdout, stderr := runWithState(t, state, api.URL, "", strings.Fields(args)...); status != 0 || stdout == "" || strings.Contains(stderr, "state") {
					t.Errorf("%s: %d: %s%s", args, status, stdout, stderr)
				}
			}
			if status, stdout, stderr := runWithState(t, state, "", "", "start", "--simulate", "--policy", "x"); status != 0 || stdout == "" {
				t.Errorf("start --simulate: %d: %s%s", status, stdout, stderr)
			}
		})
	}
	// Without a home at all.
	cmd := exec.Command(server.Name, "get", simulator.DocumentedID)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "CLOUDFLARE_BASE_URL=" + api.URL, "CLOUDFLARE_API_TOKEN=" + simulator.Token, "CLOUDFLARE_ACCOUNT_ID=" + simulator.AccountID}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "is complete") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestHistoryOnFullDisk: a disk without room costs no command its answer, and the list
// stays as it was.
func TestHistoryOnFullDisk(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(simulator.New())
	t.Cleanup(api.Close)
	state := t.TempDir()
	// A disk of two pages in a namespace of its own: one has the list, which is read
	// again when there is no room left.
	script := `set -e
		mount -t tmpfs -o size=8k tmpfs "$STATE"
		access-policy-mcp get example-documented
		head -c 8k /dev/zero >"$STATE/rest" 2>/dev/null || true
		access-policy-mcp get example-blocked || [ $? = 4 ]
		access-policy-mcp tests | cut -f 1
		ls "$STATE/access-policy-mcp"`
	cmd := exec.Command("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script)
	if os.Getuid() == 0 {
		cmd = exec.Command("unshare", "--mount", "sh", "-c", script)
	}
	cmd.Env = append(append(environment(api.URL), stateIn(state)...), "STATE="+state)
	out, err := cmd.CombinedOutput()
	if err != nil && (strings.Contains(string(out), "unshare") || strings.Contains(string(out), "mount:") || strings.Contains(err.Error(), "executable file not found")) {
		t.Skipf("%v: %s", err, out)
	}
	if text := string(out); err != nil || !strings.HasSuffix(text, "\nexample-documented\ntests.json\ntests.lock\n") || !strings.Contains(text, "was blocked") {
		t.Errorf("%v: %s", err, out)
	}
}
