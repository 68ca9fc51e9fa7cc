package cli

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cli/credentials"
)

// withKeyRing is the environment of a home with an empty key ring, an API, which it returns
// too, and nothing else. The key ring is one for the process: such tests are not parallel.
func withKeyRing(t *testing.T) ([]string, *simulator.Simulator) {
	t.Helper()
	keyring.MockInit()
	home, sim := t.TempDir(), simulator.New()
	api := httptest.NewServer(sim)
	t.Cleanup(api.Close)
	return []string{"HOME=" + home, "XDG_STATE_HOME=" + home, "XDG_CONFIG_HOME=" + home, "APPDATA=" + home, "LOCALAPPDATA=" + home,
		"DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere", "CLOUDFLARE_BASE_URL=" + api.URL}, sim
}

// logIn runs login with a token on stdin.
func logIn(t *testing.T, env []string, token string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errOut bytes.Buffer
	status = Run(t.Context(), append([]string{"login", "--with-token"}, args...), env, strings.NewReader(token), &out, &errOut)
	return status, out.String(), errOut.String()
}

// TestLoginKeeps a token in the key ring, where commands find it, until logout.
func TestLoginKeeps(t *testing.T) {
	env, sim := withKeyRing(t)
	sim.SetToken(cfapi.Token{Status: cfapi.TokenActive, ExpiresOn: time.Date(2999, 2, 3, 4, 5, 0, 0, time.UTC)})
	for _, login := range [][]string{
		{simulator.Token, "--account-id", simulator.AccountID},
		{"\n" + simulator.Token + "\r\n", "--account-id", simulator.AccountID},
		{simulator.AccountToken, "--account-id", simulator.AccountID},
	} {
		status, stdout, stderr := logIn(t, env, login[0], login[1:]...)
		if status != 0 || stderr != "" || !strings.Contains(stdout, "valid until 2999-02-03 04:05 UTC. It is kept in the system's key ring.\nDefault account: "+simulator.AccountID+"\n") {
			t.Fatalf("%d: %s%s", status, stdout, stderr)
		}
		for _, args := range [][]string{{"get", "example-documented"}, {"users", "example-documented"}, {"start", "--policy", "a"}} {
			if status, stdout, stderr := run(t, env, args...); status != 0 {
				t.Errorf("%s: %d: %s%s", args, status, stdout, stderr)
			}
		}
	}
	if status, stdout, _ := run(t, env, "logout"); status != 0 || !strings.Contains(stdout, "is removed") {
		t.Errorf("%d: %s", status, stdout)
	}
	if status, _, stderr := run(t, env, "get", "example-documented", "--account-id", "a"); status != exitUsage || !strings.Contains(stderr, "run access-policy-mcp login") {
		t.Errorf("%d: %s", status, stderr)
	}
}

// TestLoginToldOfTheEnd: what Cloudflare calls active is kept, whatever its date.
func TestLoginToldOfTheEnd(t *testing.T) {
	for expires, want := range map[time.Time]string{
		time.Date(2020, 1, 2, 3, 4, 0, 0, time.UTC): "The token is active, though its expiry date is past: 2020-01-02 03:04 UTC. It is kept",
		time.Now().Add(time.Hour):                   "The token is active, but expires soon: ",
	} {
		env, sim := withKeyRing(t)
		sim.SetToken(cfapi.Token{Status: cfapi.TokenActive, ExpiresOn: expires})
		if status, stdout, stderr := logIn(t, env, simulator.Token); status != 0 || !strings.Contains(stdout, want) || strings.Contains(stdout, "valid until") {
			t.Errorf("%d: %s%s", status, stdout, stderr)
		}
	}
}

// TestLoginRefuses tokens that do not work, with what to do, and keeps what there was.
func TestLoginRefuses(t *testing.T) {
	expired := time.Date(2001, 2, 3, 4, 5, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		token   string
		known   cfapi.Token
		account string
		want    string
	}{
		"unknown":                  {"wrong", cfapi.Token{}, "", "add --account-id ID"},
		"unknown, with an account": {"wrong", cfapi.Token{}, simulator.AccountID, "Check that it was copied whole"},
		"of a user":                {"cfut_wrong", cfapi.Token{}, "", "Check that it was copied whole and has not been revoked. It was not kept."},
		"of another account":       {simulator.AccountToken, cfapi.Token{}, "other", "that it is of the account other"},
		"global key":               {strings.Repeat("0af", 13), cfapi.Token{}, "", "looks like a global API key"},
		"expired":                  {simulator.Token, cfapi.Token{Status: cfapi.TokenExpired, ExpiresOn: expired}, "", "has expired on 2001-02-03 04:05 UTC"},
		"expired some time":        {simulator.Token, cfapi.Token{Status: cfapi.TokenExpired}, "", "this token has expired. "},
		"disabled":                 {simulator.Token, cfapi.Token{Status: cfapi.TokenDisabled}, "", "is disabled"},
		"of the future":            {simulator.Token, cfapi.Token{Status: cfapi.TokenActive, NotBefore: time.Now().Add(time.Hour)}, "", "is valid only from"},
		"of a new status":          {simulator.Token, cfapi.Token{Status: "paused"}, "", `Cloudflare calls it "paused"`},
	} {
		t.Run(name, func(t *testing.T) {
			env, sim := withKeyRing(t)
			if status, _, stderr := logIn(t, env, simulator.Token, "--account-id", simulator.AccountID); status != 0 {
				t.Fatalf("%d: %s", status, stderr)
			}
			sim.SetToken(tt.known)
			args := []string{"--account-id", tt.account}
			if tt.account == "" {
				args = nil
			}
			status, stdout, stderr := logIn(t, env, tt.token, args...)
			if status != exitFailure || stdout != "" || !strings.Contains(stderr, tt.want) || !strings.Contains(stderr, "not kept") || strings.Contains(stderr, tt.token) {
				t.Errorf("%d: %s%s", status, stdout, stderr)
			}
			sim.SetToken(cfapi.Token{Status: cfapi.TokenActive})
			if status, _, stderr := run(t, env, "get", "example-documented"); status != 0 {
				t.Errorf("what was kept before: %d: %s", status, stderr)
			}
		})
	}
}

// TestLoginWithoutAnAnswer: what is not about the token is not taken for it.
func TestLoginWithoutAnAnswer(t *testing.T) {
	for _, tt := range []struct {
		fault simulator.Fault
		want  string
	}{
		{simulator.Fault{Status: 404, Body: "<html><title>Nothing here</title>"}, `HTTP 404, an HTML page titled "Nothing here". Check CLOUDFLARE_BASE_URL and any proxy`},
		{simulator.Fault{Status: 401, Body: "<html><title>Log in</title>"}, "Check CLOUDFLARE_BASE_URL and any proxy"},
		{simulator.Fault{Status: 403}, "Check CLOUDFLARE_BASE_URL and any proxy"},
		{simulator.Fault{Status: 200, Body: "<html>"}, "Cloudflare's answer was not what its API documents"},
		{simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"7"}}}, "Try again in 7 s."},
		{simulator.Fault{Status: 403, Body: `{"success":false,"errors":[{"code":9109,"message":"Cannot use the access token from location: 192.0.2.1"}]}`}, "from location: 192.0.2.1"},
	} {
		env, sim := withKeyRing(t)
		sim.SetFaults(simulator.Always(tt.fault))
		status, stdout, stderr := logIn(t, env, simulator.Token, "--account-id", simulator.AccountID)
		if status != exitFailure || stdout != "" || !strings.Contains(stderr, tt.want) || !strings.Contains(stderr, "not kept") {
			t.Errorf("%d: %s%s", status, stdout, stderr)
		}
	}
}

// TestNoToken: what cannot be a token is not sent, nor repeated.
func TestNoToken(t *testing.T) {
	env, sim := withKeyRing(t)
	for input, want := range map[string]string{
		"":                               "is empty",
		" \r\n\n":                        "is empty",
		"sesame\nsesame":                 "more than one line",
		"cfk_sesame":                     "CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY",
		"Bearer sesame":                  `begins with "Bearer"`,
		"export CLOUDFLARE_TOKEN=sesame": "give its value alone",
		"A=sesame":                       "give its value alone",
		"${SESAME}":                      "a placeholder",
		`"sesame"`:                       "a character that is in no token",
		`{"token":"sesame"}`:             "a character that is in no token",
		"sesame sesame":                  "a character that is in no token",
		"sesamé":                         "a character that is in no token",
		"sesame\x1b[31m":                 "a character that is in no token",
		strings.Repeat("sesame", 1000):   "too long",
		"cfat_sesame":                    "add --account-id ID",
	} {
		status, stdout, stderr := logIn(t, env, input)
		if status != exitUsage || stdout != "" || !strings.Contains(stderr, want) || strings.Contains(strings.ToLower(stderr), "sesam") {
			t.Errorf("%.40q: %d: %s%s", input, status, stdout, stderr)
		}
	}
	if n := sim.Requests(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// TestAccountOfLogin is the default of commands, after a flag and a variable.
func TestAccountOfLogin(t *testing.T) {
	env, _ := withKeyRing(t)
	account := []string{"CLOUDFLARE_ACCOUNT_ID=" + simulator.AccountID}
	if status, stdout, stderr := logIn(t, append(account, env...), simulator.Token); status != 0 || !strings.Contains(stdout, "Default account: "+simulator.AccountID) {
		t.Fatalf("%d: %s%s", status, stdout, stderr)
	}
	for _, tt := range []struct {
		env, args []string
		status    int
	}{
		{nil, nil, 0},
		{[]string{"CLOUDFLARE_ACCOUNT_ID=other"}, nil, exitFailure},
		{nil, []string{"--account-id", "other"}, exitFailure},
		{[]string{"CLOUDFLARE_ACCOUNT_ID=other"}, []string{"--account-id", simulator.AccountID}, 0},
		{[]string{"CLOUDFLARE_API_TOKEN=" + simulator.Token}, nil, 0}, // of the environment, with the account of login
		{[]string{"CLOUDFLARE_API_TOKEN=wrong"}, nil, exitFailure},
		{[]string{"CLOUDFLARE_BASE_URL=https://api.example.com"}, nil, exitUsage},
	} {
		if status, stdout, stderr := run(t, slices.Concat(env, tt.env), append([]string{"get", "example-documented"}, tt.args...)...); status != tt.status {
			t.Errorf("%s %s: %d: %s%s", tt.env, tt.args, status, stdout, stderr)
		}
	}
	if status, stdout, stderr := logIn(t, env, simulator.Token); status != 0 || !strings.Contains(stdout, "There is no default account") {
		t.Errorf("%d: %s%s", status, stdout, stderr)
	}
	if status, _, stderr := run(t, env, "get", "example-documented"); status != exitUsage || !strings.Contains(stderr, "an account is missing") || strings.Contains(stderr, "API token") {
		t.Errorf("%d: %s", status, stderr)
	}
}

// TestKeptIsNotNeeded: neither --simulate nor a credential of the environment asks for it,
// and without a home there is none.
func TestKeptIsNotNeeded(t *testing.T) {
	env, _ := withKeyRing(t)
	if status, _, stderr := logIn(t, env, simulator.Token, "--account-id", simulator.AccountID); status != 0 {
		t.Fatalf("%d: %s", status, stderr)
	}
	keyring.MockInitWithError(os.ErrDeadlineExceeded)
	defer keyring.MockInit()
	if status, _, stderr := run(t, env, "get", "example-documented", "--simulate"); status != 0 {
		t.Errorf("%d: %s", status, stderr)
	}
	if status, _, stderr := run(t, append(env, "CLOUDFLARE_API_TOKEN="+simulator.Token), "get", "example-documented"); status != 0 {
		t.Errorf("%d: %s", status, stderr)
	}
	if status, _, stderr := run(t, env, "get", "example-documented"); status != exitFailure || !strings.Contains(stderr, "the system's key ring cannot be used: i/o timeout. Run access-policy-mcp login") {
		t.Errorf("%d: %s", status, stderr)
	}
	for _, args := range [][]string{{"login", "--with-token"}, {"logout"}} {
		if status, _, stderr := run(t, nil, args...); status != exitFailure || !strings.Contains(stderr, "names no home directory") {
			t.Errorf("%s: %d: %s", args, status, stderr)
		}
	}
}

// TestKeptAccountThatIsNone: anybody may have edited the file.
func TestKeptAccountThatIsNone(t *testing.T) {
	env, _ := withKeyRing(t)
	file := newSettings(env).keptStore().File()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(`{"storage":"keyring","base_url":"http://127.0.0.1","account_id":"../x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := run(t, env, "get", "x", "--account-id", "a"); status != exitUsage || !strings.Contains(stderr, "an account ID that is none") {
		t.Errorf("%d: %s", status, stderr)
	}
}

// TestLongReason: an error has room for much, but not for everything.
func TestLongReason(t *testing.T) {
	env, _ := withKeyRing(t)
	if status, _, stderr := logIn(t, env, simulator.Token, "--account-id", simulator.AccountID); status != 0 {
		t.Fatalf("%d: %s", status, stderr)
	}
	keyring.MockInitWithError(errors.New("\x1b[31m" + strings.Repeat("very ", 1000) + "long"))
	defer keyring.MockInit()
	status, _, stderr := run(t, env, "get", "example-documented")
	if status != exitFailure || !strings.Contains(stderr, "cannot be used: very very") || len(stderr) > 500 || strings.Contains(stderr, "\x1b") {
		t.Errorf("%d: %s", status, stderr)
	}
}

// TestKeptForAnotherAPI: what to do fits what is set.
func TestKeptForAnotherAPI(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ kept, variable, reason, remedy string }{
		{cfapi.DefaultBaseURL, "https://api.example.com", "is another API", "unset CLOUDFLARE_BASE_URL"},
		{"https://api.example.com", "", "is not set", "set CLOUDFLARE_BASE_URL to that"},
		{"https://api.example.com", "${API}", "holds a placeholder that was not expanded", "set CLOUDFLARE_BASE_URL to its value"},
		{"https://api.example.com", "https://other.example.com", "is another API", "set CLOUDFLARE_BASE_URL to the first"},
	} {
		settings := newSettings([]string{"CLOUDFLARE_BASE_URL=" + tt.variable})
		err := settings.usable(credentials.Kept{BaseURL: tt.kept, Storage: credentials.KeyRing})
		if err == nil || !strings.HasSuffix(err.Error(), tt.reason) || !strings.HasPrefix(remedy(err), tt.remedy) {
			t.Errorf("%+v: %v, %s", tt, err, remedy(err))
		}
	}
}

func TestSameAPI(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{cfapi.DefaultBaseURL, cfapi.DefaultBaseURL + "/", true},
		{cfapi.DefaultBaseURL, "https://api.cloudflare.com/client/v5", false},
		{cfapi.DefaultBaseURL, "https://api.cloudflare.com.example.com/client/v4", false},
		{cfapi.DefaultBaseURL, "http://127.0.0.1:1", false},
		{"http://127.0.0.1:1", "http://localhost:2/x", true},
		{"http://127.0.0.1:1", "http://127.0.0.1.example.com", false},
		{"", "", true},
	} {
		if got := sameAPI(tt.a, tt.b); got != tt.same || sameAPI(tt.b, tt.a) != tt.same {
			t.Errorf("%s and %s: %t", tt.a, tt.b, got)
		}
	}
}
