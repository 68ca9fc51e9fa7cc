package cli

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"

	"access-policy-mcp/cfapi/simulator"
)

// withHistory is the environment of a home whose list of tests has this content, and the
// name of its file.
func withHistory(t *testing.T, content string) (env []string, file string) {
	t.Helper()
	home := t.TempDir()
	env = []string{"HOME=" + home, "XDG_STATE_HOME=" + filepath.Join(home, "state"), "LOCALAPPDATA=" + home}
	file = filepath.Join(newSettings(env).historyFolder(), "tests.json")
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(content), 0o600)); err != nil {
		t.Fatal(err)
	}
	return env, file
}

// withAPI adds what a command needs to ask a simulator as if it were Cloudflare.
func withAPI(t *testing.T, env []string) []string {
	t.Helper()
	api := httptest.NewServer(simulator.New())
	t.Cleanup(api.Close)
	return append(env, "CLOUDFLARE_BASE_URL="+api.URL, "CLOUDFLARE_API_TOKEN="+simulator.Token, "CLOUDFLARE_ACCOUNT_ID="+simulator.AccountID)
}

// TestBrokenHistory: a list that is broken, or of a newer version, is not taken for an
// empty one.
func TestBrokenHistory(t *testing.T) {
	const newer = `{"version":2,"tests":[]}`
	for content, words := range map[string][2]string{
		"nonsense": {"tests.json is broken", "tests.json was broken and was put aside as "},
		newer:      {"was written by a newer version of this program and is left alone", "The test is not remembered: "},
	} {
		env, file := withHistory(t, content)
		status, stdout, stderr := run(t, env, "tests")
		if status != 0 || stdout != "" || !strings.Contains(stderr, words[0]) || strings.Contains(stderr, "no test yet") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("tests: %d: %s%s", status, stdout, stderr)
		}
		if status, _, stderr := run(t, withAPI(t, env), "get"); status != exitUsage || !strings.Contains(stderr, words[0]) {
			t.Errorf("get: %d: %s", status, stderr)
		}
		status, _, stderr = run(t, withAPI(t, env), "get", "example-documented")
		if status != 0 || !strings.Contains(stderr, words[1]) || !strings.Contains(stderr, file) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("get ID: %d: %s", status, stderr)
		}
		status, _, stderr = run(t, env, "start", "--simulate", "--policy", "x")
		if status != 0 || content == newer && !strings.Contains(stderr, words[1]) {
			t.Errorf("start: %d: %s", status, stderr)
		}
	}
}

// TestNotRemembered: a test that is not remembered is said to be so, and nothing is
// recommended that needs it.
func TestNotRemembered(t *testing.T) {
	env, file := withHistory(t, "{}")
	start := []string{"start", "--simulate", "--policy", "x"}
	if status, stdout, stderr := run(t, env, start...); status != 0 || !strings.Contains(stdout, "To wait for its end") || strings.Contains(stderr, "not remembered") {
		t.Errorf("%d: %s%s", status, stdout, stderr)
	}
	if status, stdout, _ := run(t, env, append(start, "--no-history")...); status != 0 || strings.Contains(stdout, "To wait") {
		t.Errorf("--no-history: %d: %s", status, stdout)
	}
	if err := errors.Join(os.Remove(file), os.Mkdir(file, 0o700)); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := run(t, env, start...)
	if status != 0 || strings.Contains(stdout, "To wait") || strings.Count(stderr, "The test is not remembered: ") != 1 {
		t.Errorf("a folder: %d: %s%s", status, stdout, stderr)
	}
	status, stdout, stderr = run(t, withAPI(t, env), "start", "-q", "--policy", "x")
	if status != 0 || stdout == "" || !strings.Contains(stderr, "The test is not remembered: ") {
		t.Errorf("an API: %d: %s%s", status, stdout, stderr)
	}
}

// TestHistoryLocked: so it is when another process does not give up the list.
func TestHistoryLocked(t *testing.T) {
	t.Parallel()
	env, file := withHistory(t, "{}")
	lock := flock.New(filepath.Join(filepath.Dir(file), "tests.lock"))
	if _, err := lock.TryLockContext(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	status, _, stderr := run(t, withAPI(t, env), "get", "example-documented")
	if status != 0 || !strings.Contains(stderr, "The test is not remembered: another process holds "+lock.Path()) {
		t.Errorf("%d: %s", status, stderr)
	}
}

// TestTestsLines: the newest is first, and the last field tells simulated tests apart.
func TestTestsLines(t *testing.T) {
	env, _ := withHistory(t, `{"version":1,"tests":[
		{"account_id":"a","policy_test_id":"new","asked_at":"2026-01-02T00:00:00Z","simulated":true,"policies":["p"]},
		{"account_id":"a","policy_test_id":"old","asked_at":"2026-01-01T00:00:00Z"}]}`)
	_, stdout, _ := run(t, env, "tests")
	lines := strings.Split(stdout, "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "new\t") || !strings.HasSuffix(lines[0], "\tp\tsimulated") || !strings.HasSuffix(lines[1], "Z\t\t") {
		t.Errorf("%q", lines)
	}
	if _, help, _ := run(t, nil, "tests", "--help"); !strings.Contains(help, "tests | head -n 1 | cut -f 1") {
		t.Error(help)
	}
}

// TestLastTestUnsaid: nothing is said of the last test where the command cannot ask
// about it.
func TestLastTestUnsaid(t *testing.T) {
	env, _ := withHistory(t, `{"tests":[{"account_id":"a","policy_test_id":"x","asked_at":"2026-01-02T00:00:00Z"}]}`)
	for _, name := range []string{"get", "users"} {
		status, _, stderr := run(t, env, name)
		if status != exitUsage || strings.Contains(stderr, "The last test") || !strings.Contains(stderr, "a Cloudflare API token is missing") {
			t.Errorf("%s: %d: %s", name, status, stderr)
		}
	}
}

// TestUnknownToSimulator: nobody is sent to Cloudflare for a test of the simulator.
func TestUnknownToSimulator(t *testing.T) {
	for _, name := range []string{"get", "users"} {
		status, _, stderr := run(t, nil, name, "--simulate", "nonexist")
		_, text, _ := strings.Cut(stderr, "\n") // after the line about the simulation
		if status != exitFailure || strings.Contains(text, "Cloudflare") || !strings.Contains(text, "the simulator knows no such policy test") || !strings.Contains(text, simulator.DocumentedID) {
			t.Errorf("%s: %d: %s", name, status, stderr)
		}
	}
}

// TestUnexpandedAccount: the error says why the account counts as missing, and nothing
// else is said.
func TestUnexpandedAccount(t *testing.T) {
	env := []string{"CLOUDFLARE_API_TOKEN=t", "CLOUDFLARE_ACCOUNT_ID=${ACC}"}
	status, _, stderr := run(t, env, "get", "x")
	if status != exitUsage || !strings.HasPrefix(stderr, "access-policy-mcp: an account is missing: ") || !strings.Contains(stderr, "placeholder that was not expanded, and so counted as unset: CLOUDFLARE_ACCOUNT_ID") {
		t.Errorf("%d: %s", status, stderr)
	}
	_, _, stderr = run(t, []string{"ACCESS_POLICY_MCP_HIDE_USER_DETAILS=${HIDE}"}, "get", "--simulate", "example-documented")
	if !strings.Contains(stderr, "ACCESS_POLICY_MCP_HIDE_USER_DETAILS holds a placeholder that was not expanded") || strings.Contains(stderr, "level=") {
		t.Error(stderr)
	}
}
