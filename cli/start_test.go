package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
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
		"":      "not a policy as JSON",
		"{":     "not a policy as JSON",
		"[{}]":  "not a policy as JSON",
		`"abc"`: "not a policy as JSON",
		"null":  "not a policy as JSON",
		"{} {}": "not a policy as JSON",
		"{}" + strings.Repeat(" ", maxPolicyFile): "larger than 1024 KiB",
		`{"name": "x",}`:                "not a policy as JSON",
		"\xef\xbb\xbf" + `{"name": ""}`: "not a policy as JSON",
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
