package cli

import (
	"slices"
	"strings"
	"testing"
)

// secretVariables are the variables of all secrets.
func secretVariables(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, v := range newSettings(nil).variables() {
		if v.secret {
			names = append(names, v.name)
		}
	}
	if len(names) < 3 {
		t.Fatal(names)
	}
	return names
}

// TestSecretFiles: a file without a secret is an error that names the variable, for each
// secret, and repeats neither path nor content.
func TestSecretFiles(t *testing.T) {
	for name, tt := range map[string]struct{ path, want string }{
		"empty":       {writeFile(t, ""), "the file is empty"},
		"white space": {writeFile(t, " \t\r\n\n"), "the file is empty"},
		"placeholder": {writeFile(t, "${SESAME}\n"), "placeholder"},
		"missing":     {"/sesame", "no such file"},
		"a directory": {t.TempDir(), "regular file"},
		"a device":    {"/dev/zero", "regular file"},
		"too large":   {writeFile(t, "sesame"+strings.Repeat("\n", maxSecretFile)), "larger than 64 KiB"},
	} {
		for _, variable := range secretVariables(t) {
			_, err := readSettings(nil, []string{variable + "_FILE=" + tt.path})
			if err == nil || !strings.HasPrefix(err.Error(), variable+"_FILE: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %s: %v", name, variable, err)
			} else if strings.Contains(strings.ToLower(err.Error()), "sesame") {
				t.Errorf("%s: %v repeats what may be a secret", name, err)
			}
		}
	}
	largest := writeFile(t, "sesame"+strings.Repeat("\n", maxSecretFile-len("sesame")))
	if settings, err := readSettings(nil, []string{"CLOUDFLARE_API_TOKEN_FILE=" + largest}); err != nil || settings.Credential.Token != "sesame" {
		t.Error(err)
	}
}

// TestGuardIsNeverSilentlyOff: a bearer token that is set to nothing is an error.
func TestGuardIsNeverSilentlyOff(t *testing.T) {
	file := writeFile(t, "sesame")
	for _, variable := range []string{"ACCESS_POLICY_MCP_BEARER_TOKEN", "ACCESS_POLICY_MCP_BEARER_TOKEN_FILE"} {
		for value, want := range map[string]string{"": "is set but empty", " \t": "is set but empty", "${TOKEN}": "holds a placeholder", "{{ token }}": "holds a placeholder"} {
			for _, more := range []string{"OTHER=x", "ACCESS_POLICY_MCP_BEARER_TOKEN_FILE=" + file} {
				_, err := readSettings([]string{"--simulate"}, []string{more, variable + "=" + value})
				if err == nil || !strings.Contains(err.Error(), variable+" "+want) {
					t.Errorf("%s=%q: %v", variable, value, err)
				}
			}
		}
	}
	for _, command := range []string{"http", "stdio", "get", "users"} {
		status, stdout, stderr := run(t, []string{"ACCESS_POLICY_MCP_SIMULATE=true", "ACCESS_POLICY_MCP_BEARER_TOKEN="}, command)
		if status != exitUsage || stdout != "" || !strings.Contains(stderr, "ACCESS_POLICY_MCP_BEARER_TOKEN is set but empty") {
			t.Errorf("%s: %d: %s%s", command, status, stdout, stderr)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	for _, value := range []string{"${TOKEN}", "${TOKEN:-}", "${}", "${input:token}", " ${env:TOKEN} ", "$TOKEN", "$Token_1", "%TOKEN%", "%ProgramFiles(x86)%",
		"{env:TOKEN}", "{{TOKEN}}", "{{ secrets.TOKEN }}", "${{ secrets.TOKEN }}"} {
		settings, err := readSettings(nil, []string{"CLOUDFLARE_API_TOKEN=" + value})
		if err != nil || settings.Credential.Token != "" || !slices.Equal(settings.Unexpanded, []string{"CLOUDFLARE_API_TOKEN"}) {
			t.Errorf("%q counts as set: %v", value, err)
		}
	}
	for _, value := range []string{"x${TOKEN}", "${A}${B}", "$A$B", "$TOKEN-x", "$1", "$", "%", "%%", "%A%B%x", "100%", "{TOKEN}", "{env}", "{{A}}{{B}}", "{{A}}x"} {
		settings, err := readSettings(nil, []string{"CLOUDFLARE_API_TOKEN=" + value})
		if err != nil || settings.Credential.Token != value {
			t.Errorf("%q counts as unset: %v", value, err)
		}
	}
}

// TestBaseURL: a bad base URL is an error that names the variable, and repeats neither
// user nor password.
func TestBaseURL(t *testing.T) {
	for _, url := range []string{"http://api.example.com", "https://adam:sesame@api.example.com", "adam:sesame@api.example.com", "ftp://adam:sesame@api.example.com",
		"http://adam:sesame@127.0.0.1", "https://adam:ses/ame@api.example.com", "https://adam:ses%ame@api.example.com", "https://api.example.com/?token=sesame", "nonsense", "https://"} {
		for _, command := range []string{"stdio", "get", "http"} {
			args := []string{command}
			if command == "get" {
				args = append(args, "x")
			}
			status, stdout, stderr := run(t, []string{"CLOUDFLARE_API_TOKEN=t", "CLOUDFLARE_BASE_URL=" + url}, args...)
			if status != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "access-policy-mcp: CLOUDFLARE_BASE_URL: ") || strings.Count(stderr, "\n") != 1 {
				t.Errorf("%s with %s: %d: %s%s", command, url, status, stdout, stderr)
			}
			if strings.Contains(stderr, "adam") || strings.Contains(stderr, "ses") {
				t.Errorf("%s: repeated: %s", url, stderr)
			}
		}
	}
	if status, _, stderr := run(t, []string{"CLOUDFLARE_API_TOKEN=not a token"}, "get", "x"); status != exitUsage || strings.Contains(stderr, "BASE_URL") {
		t.Errorf("%d: %s", status, stderr)
	}
}

// TestFlagsWithVariables: those of every command and of servers have one; those that say
// what a command is to do have none.
func TestFlagsWithVariables(t *testing.T) {
	policy := writeFile(t, "{")
	env := []string{"ACCESS_POLICY_MCP_SIMULATE=true", "ACCESS_POLICY_MCP_POLICY=@" + policy, "ACCESS_POLICY_MCP_STATUS=nonsense", "ACCESS_POLICY_MCP_ALL=true",
		"ACCESS_POLICY_MCP_PAGE=0", "ACCESS_POLICY_MCP_PER_PAGE=0", "ACCESS_POLICY_MCP_JSON=true", "ACCESS_POLICY_MCP_WAIT=never", "ACCESS_POLICY_MCP_ACCOUNT_ID=/", "ACCESS_POLICY_MCP_ADDR=nonsense"}
	if status, stdout, stderr := run(t, env, "start"); status != exitUsage || !strings.Contains(stderr, "--policy is missing") {
		t.Errorf("start: %d: %s%s", status, stdout, stderr)
	}
	if status, stdout, stderr := run(t, env, "get", "example-documented"); status != 0 || !strings.HasPrefix(stdout, "Policy test exam") {
		t.Errorf("get: %d: %s%s", status, stdout, stderr)
	}
	if status, stdout, stderr := run(t, env, "users", "example-documented", "--per-page", "2"); status != 0 || strings.Count(stdout, "\n") != 2 {
		t.Errorf("users: %d: %s%s", status, stdout, stderr)
	}
	if status, _, stderr := run(t, env, "http"); status != exitUsage || !strings.Contains(stderr, "--addr must be host:port") {
		t.Errorf("http: %d: %s", status, stderr)
	}
	if status, _, stderr := run(t, append(env, "ACCESS_POLICY_MCP_TOOLS=nonsense")); status != exitUsage || !strings.Contains(stderr, `there is no tool "nonsense"`) {
		t.Errorf("%d: %s", status, stderr)
	}
}
