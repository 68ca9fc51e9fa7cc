package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestPolicyFile: a policy is passed on as it is written, whatever its numbers are.
func TestPolicyFile(t *testing.T) {
	const written = `{"name": "Staff", "decision": "allow", "include": [{"geo": {"n": [12345678901234567890, 1.0, 1e400, -0]}}]}`
	policies, err := readPolicies([]string{"abc", "@" + writeFile(t, " "+written+"\n")})
	if err != nil || len(policies) != 2 || policies[0] != "abc" {
		t.Fatal(err, policies)
	}
	got, err := json.Marshal(policies[1])
	if want := strings.ReplaceAll(written, " ", ""); err != nil || string(got) != want {
		t.Errorf("%v: %s, want %s", err, got, want)
	}
}

// TestPolicyFileSent: what is sent has the numbers of the file.
func TestPolicyFileSent(t *testing.T) {
	var sent string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		sent = string(data)
		_, _ = io.WriteString(w, `{"success":true,"result":{"id":"x","status":"success"}}`)
	}))
	defer api.Close()
	file := writeFile(t, `{"name": "Staff", "decision": "allow", "include": [{"geo": {"n": [12345678901234567890, 1.0, 1e400, -0]}}]}`)
	env := []string{"CLOUDFLARE_BASE_URL=" + api.URL, "CLOUDFLARE_API_TOKEN=t", "CLOUDFLARE_ACCOUNT_ID=a"}
	status, stdout, stderr := run(t, env, "start", "--policy", "@"+file)
	if status != 0 || !strings.Contains(sent, `{"geo":{"n":[12345678901234567890,1.0,1e400,-0]}}`) {
		t.Errorf("%d: %s%s: sent %s", status, stdout, stderr, sent)
	}
}

// TestWrongPolicyFile: what is no policy is refused, and the error names the file.
func TestWrongPolicyFile(t *testing.T) {
	for content, want := range map[string]string{
		"":      "must hold one JSON object, but is empty",
		"{":     "must hold one JSON object, but is not JSON: unexpected end",
		"[{}]":  "must hold one JSON object, but holds an array",
		`"abc"`: "but holds a text",
		" null": "but holds null",
		"true":  "but holds true or false",
		"1e400": "but holds a number",
		"{} {}": "but is not JSON",
		"{}" + strings.Repeat(" ", maxPolicyFile): "larger than 1024 KiB",
		`{"name": "x",}`:                "but is not JSON",
		"\xef\xbb\xbf" + `{"name": ""}`: "but is not JSON",
	} {
		file := writeFile(t, content)
		_, err := readPolicies([]string{"@" + file})
		if err == nil || !strings.HasPrefix(err.Error(), "--policy @"+file+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v", content, err)
		}
	}
	for _, file := range []string{"/nowhere", t.TempDir(), ""} {
		if _, err := readPolicies([]string{"@" + file}); err == nil || !strings.HasPrefix(err.Error(), "--policy @"+file+": ") {
			t.Errorf("%s: %v", file, err)
		}
	}
	if _, err := readPolicies([]string{"@/dev/zero"}); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Error(err)
	}
}

// fullDisk is an output that takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// TestStartUnprinted: whoever cannot read on stdout that a test was started reads it on
// stderr.
func TestStartUnprinted(t *testing.T) {
	for _, flags := range [][]string{nil, {"-q"}, {"--json"}} {
		var stderr strings.Builder
		status := Run(t.Context(), append([]string{"start", "--simulate", "--policy", "x"}, flags...), nil, strings.NewReader(""), fullDisk{}, &stderr)
		if status != exitFailure || !regexp.MustCompile(`policy test [0-9a-f]{64} was started, but could not be printed: .*no space`).MatchString(stderr.String()) {
			t.Errorf("%v: %d: %s", flags, status, stderr.String())
		}
	}
}

// TestEmptyPolicy: the message says once which value is wrong.
func TestEmptyPolicy(t *testing.T) {
	status, _, stderr := run(t, nil, "start", "--simulate", "--policy", "a", "--policy", " ")
	if want := "access-policy-mcp: --policy \" \" is empty: it takes the ID of a reusable policy, or @FILE\nSee access-policy-mcp start --help.\n"; status != exitUsage || stderr != want {
		t.Errorf("%d: %s", status, stderr)
	}
}
