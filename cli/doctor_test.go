package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/tools/txtar"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// doctorHome is an environment in which nothing is set but an empty home.
func doctorHome(t *testing.T) (env []string, home string) {
	t.Helper()
	home = t.TempDir()
	return []string{
		"HOME=" + home, "USERPROFILE=" + home, "XDG_STATE_HOME=" + home, "XDG_CONFIG_HOME=" + filepath.Join(home, ".config"),
		"APPDATA=" + home, "LOCALAPPDATA=" + home, "PATH=" + filepath.Join(home, "bin"),
	}, home
}

// doctorCase is a machine with one fault.
type doctorCase struct {
	token, account string
	api            func(t *testing.T) (url string) // nil for the simulator
	sim            func(*simulator.Simulator)
	env            []string
	files          map[string]string // in the home
	args           []string
	status         int
}

const otherAccount = "0123456789abcdef0123456789abcdef"

func doctorCases() map[string]doctorCase {
	token, account := simulator.Token, simulator.AccountID
	tokenIs := func(token cfapi.Token) func(*simulator.Simulator) {
		return func(sim *simulator.Simulator) { sim.SetToken(token) }
	}
	const kept = ".config/access-policy-mcp/credentials.json"
	soon := time.Now().Add(3 * 24 * time.Hour)
	return map[string]doctorCase{
		"01 all is well": {token: token, account: account, files: map[string]string{
			".claude.json": `{"mcpServers": {"access-policy": {"command": "HOME/bin/access-policy-mcp"}}}`, "bin/access-policy-mcp": "",
		}},
		"02 nothing is set":       {status: 1},
		"03 placeholders":         {env: []string{"CLOUDFLARE_API_TOKEN=${TOKEN}", "CLOUDFLARE_ACCOUNT_ID=$ACCOUNT"}, status: 1},
		"04 refused connection":   {token: token, account: account, api: closedAPI, status: 1},
		"05 unknown authority":    {token: token, account: account, api: untrustedAPI, status: 1},
		"06 401":                  {token: "other-token", account: account, status: 1},
		"07 403":                  {token: token, account: otherAccount, status: 1},
		"08 expired token":        {token: token, account: account, sim: tokenIs(cfapi.Token{Status: cfapi.TokenExpired, ExpiresOn: time.Date(2020, 1, 2, 3, 4, 0, 0, time.UTC)}), status: 1},
		"09 disabled token":       {token: token, account: account, sim: tokenIs(cfapi.Token{Status: cfapi.TokenDisabled}), status: 1},
		"10 token ends soon":      {token: token, account: account, sim: tokenIs(cfapi.Token{Status: cfapi.TokenActive, ExpiresOn: soon})},
		"11 token of an account":  {token: simulator.AccountToken, account: account},
		"12 clock an hour behind": {token: token, account: account, api: apiAt(time.Hour)},
		"13 clock two days ahead": {token: token, account: account, api: apiAt(-48 * time.Hour)},
		"14 quota used up":        {token: token, account: account, sim: func(sim *simulator.Simulator) { sim.SetQuota(1, 5*time.Minute) }, status: 1},
		"15 not the API": {token: token, account: account, sim: func(sim *simulator.Simulator) {
			sim.SetFaults(simulator.Always(simulator.Fault{Status: 200, Body: "<title>Welcome\x1b[31m</title>"}))
		}, status: 1},
		"16 API fails":            {token: token, account: account, sim: func(sim *simulator.Simulator) { sim.SetFaults(simulator.Always(simulator.Fault{Status: 503})) }, status: 1},
		"17 wrong configuration":  {env: []string{"CLOUDFLARE_BASE_URL=http://api.example"}, status: 1},
		"18 token of nonsense":    {token: "with a space", status: 1},
		"19 account of nonsense":  {token: token, account: "my/account", status: 1},
		"20 global key":           {env: []string{"CLOUDFLARE_EMAIL=" + simulator.Email, "CLOUDFLARE_API_KEY=" + simulator.Key}, account: account},
		"21 token and global key": {token: token, env: []string{"CLOUDFLARE_EMAIL=" + simulator.Email, "CLOUDFLARE_API_KEY=" + simulator.Key}, account: account},
		"22 simulation":           {args: []string{"--simulate"}},
		"23 binary that is gone":  {args: []string{"--simulate"}, files: map[string]string{".claude.json": `{"mcpServers": {"access-policy": {"command": "HOME/gone"}}}`}, status: 1},
		"24 broken file":          {args: []string{"--simulate"}, files: map[string]string{".claude.json": `{"mcpServers": {"access-policy": {"env": {"CLOUDFLARE_API_TOKEN": "secret-in-a-file"}}, nonsense`}, status: 1},
		"25 over HTTP":            {args: []string{"--simulate"}, files: map[string]string{".claude.json": `{"mcpServers": {"access-policy": {"type": "http", "url": "http://me:secret-in-a-file@127.0.0.1:8080/mcp?key=secret-in-a-file"}}}`}},
		"45 API refuses all": {token: token, account: account, sim: func(sim *simulator.Simulator) {
			sim.SetFaults(simulator.Always(simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"9"}}}))
		}, status: 1},
		"46 kept for Cloudflare":            {files: map[string]string{kept: strings.Replace(keptFile(token, account), "http://127.0.0.1", cfapi.DefaultBaseURL, 1)}, status: 1},
		"43 token of an account, but which": {token: simulator.AccountToken},
		"44 token of whom":                  {token: "other-token", status: 1},
		"42 token not verifiable":           {token: token, account: account, api: apiWithoutVerification},
		"41 a simulation":                   {args: []string{"--simulate"}, files: map[string]string{".claude.json": `{"mcpServers": {"access-policy": {"command": "HOME/bin/program", "args": ["--simulate", "secret-in-a-file"]}}}`, "bin/program": ""}},
		"40 bare name":                      {args: []string{"--simulate"}, files: map[string]string{".claude.json": `{"mcpServers": {"access-policy": {"command": "program"}}}`, "bin/program": ""}},
		"26 client without it":              {args: []string{"--simulate"}, files: map[string]string{".claude.json": `{}`}},
		"27 colors":                         {args: []string{"--simulate", "--color", "always"}},
		"28 JSON":                           {token: token, account: otherAccount, args: []string{"--json"}, status: 1},
		"29 control characters":             {args: []string{"--simulate"}, files: map[string]string{".claude.json": `{"mcpServers": {"access-policy": {"command": "/gone\u001b[31m\nred"}}}`}, status: 1},
		"30 named account":                  {token: token, account: otherAccount, args: []string{"--account-id", account}},
		"32 kept in a file":                 {files: map[string]string{kept: keptFile(token, account)}},
		"33 kept, but not alone":            {token: "other-token", files: map[string]string{kept: keptFile(token, account)}, status: 1},
		"34 kept file is broken":            {files: map[string]string{kept: `{"token": "secret-in-a-file"`}, status: 1},
		"35 broken, but not used":           {token: token, account: account, files: map[string]string{kept: `{"token": "secret-in-a-file"`}},
		"36 kept for another API":           {files: map[string]string{kept: strings.Replace(keptFile(token, account), "http://127.0.0.1", "https://api.example", 1)}, status: 1},
		"37 kept, not accepted":             {files: map[string]string{kept: keptFile("other-token", account)}, status: 1},
		"38 kept, others can read":          {files: map[string]string{kept: keptFile(token, account)}},
		"39 kept, expired":                  {files: map[string]string{kept: keptFile(token, account)}, sim: tokenIs(cfapi.Token{Status: cfapi.TokenExpired}), status: 1},
		"31 no such account":                {token: token, account: account, sim: func(sim *simulator.Simulator) { sim.SetFaults(unroutedTests) }, status: 1},
	}
}

// keptFile is what login keeps in a file.
func keptFile(token, account string) string {
	return fmt.Sprintf(`{"base_url": "http://127.0.0.1", "account_id": %q, "storage": "file", "token": %q}`, account, token)
}

// unroutedTests: the API does not understand the account in a path. The requests for the
// token and for the test come in any order.
func unroutedTests(request int) simulator.Fault {
	if request == 1 {
		return simulator.Fault{}
	}
	return simulator.Fault{Status: 404, Body: `{"success":false,"errors":[{"code":7003,"message":"Could not route"}],"result":null}`}
}

func closedAPI(t *testing.T) string {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	return server.URL
}

func untrustedAPI(t *testing.T) string {
	server := httptest.NewUnstartedServer(simulator.New())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it would say that the client hung up
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// apiAt is an API whose clock goes wrong by so much.
func apiAt(wrong time.Duration) func(t *testing.T) string {
	return func(t *testing.T) string {
		sim := simulator.New()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(wrong).UTC().Format(http.TimeFormat))
			sim.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
}

// apiWithoutVerification knows nothing of a token but what it may do.
func apiWithoutVerification(t *testing.T) string {
	sim := simulator.New()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/tokens/verify") {
			http.NotFound(w, r)
			return
		}
		sim.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestDoctor shows, for each fault, what a person reads. No secret is in it.
func TestDoctor(t *testing.T) {
	cases := doctorCases()
	var sections []txtar.File
	for _, name := range sortedKeys(cases) {
		c := cases[name]
		env, home := doctorHome(t)
		for path, content := range c.files {
			path = filepath.Join(home, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			mode := fs.FileMode(0o600)
			if strings.HasPrefix(path, filepath.Join(home, "bin")) {
				mode = 0o700
			}
			if strings.Contains(name, "others can read") {
				mode = 0o644
			}
			if err := os.WriteFile(path, []byte(strings.ReplaceAll(content, "HOME", home)), mode); err != nil {
				t.Fatal(err)
			}
		}
		var url string
		if c.api != nil {
			url = c.api(t)
		} else {
			sim := simulator.New()
			if c.sim != nil {
				c.sim(sim)
			}
			server := httptest.NewServer(sim)
			t.Cleanup(server.Close)
			url = server.URL
		}
		env = append(env, "CLOUDFLARE_BASE_URL="+url, "CLOUDFLARE_API_TOKEN="+c.token, "CLOUDFLARE_ACCOUNT_ID="+c.account)
		status, stdout, stderr := run(t, append(env, c.env...), append([]string{"doctor"}, c.args...)...)
		if simulated := len(c.args) > 0 && c.args[0] == "--simulate"; status != c.status || simulated != strings.HasPrefix(stderr, "This is a simulation") || !simulated && stderr != "" {
			t.Errorf("%s: exit status %d, want %d: %s%s", name, status, c.status, stdout, stderr)
		}
		for _, secret := range []string{simulator.Token, simulator.AccountToken, simulator.Email, simulator.Key, "other-token", "with a space", "secret-in-a-file", "my/account"} {
			if strings.Contains(stdout, secret) {
				t.Errorf("%s: %q is in %s", name, secret, stdout)
			}
		}
		sections = append(sections, txtar.File{Name: name, Data: []byte(foldDoctor(stdout, url, home))})
	}
	golden(t, "testdata/doctor.txtar", sections)
}

// foldDoctor puts words in the place of what differs from run to run.
func foldDoctor(text, url, home string) string {
	text = strings.NewReplacer(url, "API", strings.TrimPrefix(strings.TrimPrefix(url, "https://"), "http://"), "ADDRESS", home, "HOME", "\x1b", "␛").Replace(text)
	for pattern, fold := range map[string]string{
		`\(go\S+ \S+\)`: "(GO)", `\(go[^)]*\)`: "(GO)", `\d+ ms`: "N ms", `\d+ are left`: "N are left", `next \d+ s`: "next N s", `again in \d+ s`: "again in N s",
		`expires soon: [^.]*`: "expires soon: DATE", `127\.0\.0\.1:\d+->`: "", `2\d\d\d-\d\d-\d\dT\S+`: "TIME",
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, fold)
	}
	return text
}

// TestDoctorJSON: the object can be read, and has the same findings.
func TestDoctorJSON(t *testing.T) {
	env, _ := doctorHome(t)
	status, stdout, _ := run(t, env, "doctor", "--simulate", "--json")
	var report struct {
		OK     *bool
		Checks []finding
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || status != 0 || report.OK == nil || !*report.OK || len(report.Checks) < 8 || strings.Count(stdout, "\n") != 1 {
		t.Errorf("%d, %v: %s", status, err, stdout)
	}
}

// TestDoctorInterrupted: it ends at once, whatever a check waits for.
func TestDoctorInterrupted(t *testing.T) {
	asked := make(chan struct{}, 9)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	env, _ := doctorHome(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	var stdout, stderr strings.Builder
	status := Run(ctx, []string{"doctor"}, append(env, "CLOUDFLARE_BASE_URL="+server.URL), strings.NewReader(""), &stdout, &stderr)
	if status != exitInterrupted || strings.Contains(stdout.String(), "api") {
		t.Errorf("%d: %s%s", status, stdout.String(), stderr.String())
	}
}

// TestClockFinding: a minute is tolerated, and the time that the answer took.
func TestClockFinding(t *testing.T) {
	date := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		sent, received time.Duration // after the time of the API
		want           string
	}{
		{0, 0, "agrees with Cloudflare's"},
		{60 * time.Second, 61 * time.Second, "agrees with Cloudflare's"},
		{63 * time.Second, 64 * time.Second, "is 62 seconds ahead of Cloudflare's"},
		{-61 * time.Second, -60 * time.Second, "agrees with Cloudflare's"},
		{-70 * time.Second, -62 * time.Second, "is 62 seconds behind Cloudflare's"},
		{-70 * time.Second, 0, "agrees with Cloudflare's"},
		{90 * 24 * time.Hour, 90 * 24 * time.Hour, "is 90 days ahead of Cloudflare's"},
	} {
		w := wayFound{reached: cfapi.Reached{Date: date, Sent: date.Add(c.sent), Received: date.Add(c.received)}, clear: true}
		if got := clockFinding(w).Text; got != c.want {
			t.Errorf("%v to %v: %s, want %s", c.sent, c.received, got, c.want)
		}
	}
	if f := clockFinding(wayFound{clear: true}); f.Status != statusSkipped {
		t.Errorf("without a date: %+v", f)
	}
}

// TestTokenState: what Cloudflare says of a token counts, and not the clock here.
func TestTokenState(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		token cfapi.Token
		want  findingStatus
		text  string
	}{
		{cfapi.Token{Status: cfapi.TokenActive}, statusOK, "active, with no expiry date"},
		{cfapi.Token{Status: cfapi.TokenActive, ExpiresOn: now.AddDate(0, 0, 40)}, statusOK, "active, expires 2030-02-10 00:00 UTC (in 40 days)"},
		{cfapi.Token{Status: cfapi.TokenActive, ExpiresOn: now.Add(time.Hour)}, statusWarning, "active, but expires soon: 2030-01-01 01:00 UTC"},
		{cfapi.Token{Status: cfapi.TokenActive, ExpiresOn: now.Add(-time.Hour)}, statusWarning, "active, though its expiry date is past: 2029-12-31 23:00 UTC"},
		{cfapi.Token{Status: cfapi.TokenActive, NotBefore: now.Add(time.Hour)}, statusFailed, "is valid only from 2030-01-01 01:00 UTC on"},
		{cfapi.Token{Status: cfapi.TokenExpired}, statusFailed, "has expired"},
		{cfapi.Token{Status: cfapi.TokenDisabled}, statusFailed, "is disabled"},
		{cfapi.Token{Status: "frozen"}, statusFailed, `is not active: Cloudflare calls it "frozen"`},
	} {
		if status, text := tokenState(c.token, now); status != c.want || text != c.text {
			t.Errorf("%+v: %s, %s", c.token, status, text)
		}
	}
}

// TestDoctorGivesUp on a check that never ends.
func TestDoctorGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), checkLimit)
		defer cancel()
		end := make(chan struct{})
		stuck := check{"client", begin(func() []finding { <-end; return nil })}
		began := time.Now()
		found := stuck.await(ctx)
		if took := time.Since(began); took > checkLimit+time.Second || len(found) != 1 || found[0].Status != statusFailed || found[0].Check != "client" {
			t.Errorf("%v: %+v", took, found)
		}
		close(end)
	})
}
