package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"access-policy-mcp/cli/clients"
)

// TestOwnPath: the path by which the program was called is the one that stays.
func TestOwnPath(t *testing.T) {
	folder := t.TempDir()
	program := filepath.Join(folder, "cellar", "1.0", "access-policy-mcp")
	link := filepath.Join(folder, "bin", "access-policy-mcp")
	other := filepath.Join(folder, "other")
	built := filepath.Join(folder, "go-build12", "b001", "exe", "access-policy-mcp")
	builder := filepath.Join(folder, "go-builder", "access-policy-mcp") // somebody's own folder
	for _, path := range []string{builder, program, other, built, filepath.Join(folder, "bin", "x")} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(path), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(program, link); err != nil {
		t.Skip(err)
	}
	onPath := func(name string) string { return filepath.Join(folder, "bin", name) }
	for _, tt := range []struct{ executable, called, want string }{
		{program, "access-policy-mcp", link},
		{program, link, link},
		{program, program, program},
		{program, "gone", program},
		{program, other, program}, // somebody has given it another name
		{program, "", program},
		{builder, builder, builder},
	} {
		got, err := ownPath(tt.executable, tt.called, onPath)
		if err != nil || got != tt.want {
			t.Errorf("%s called by %q: %s, %v", tt.executable, tt.called, got, err)
		}
	}
	for _, path := range []string{built, "/home/u/.cache/go-build/ab/cd-d/access-policy-mcp", "/home/u/.npm/_npx/1f/node_modules/x/access-policy-mcp", `C:\u\AppData\Local\go-build\a\b.exe`} {
		if got, err := ownPath(path, path, onPath); err == nil || !strings.Contains(err.Error(), "go install .") {
			t.Errorf("%s: %s, %v", path, got, err)
		}
	}
}

// TestServerAddress has addresses of servers as people type them.
func TestServerAddress(t *testing.T) {
	for typed, want := range map[string]string{
		"http://127.0.0.1:8080":            "http://127.0.0.1:8080/mcp",
		"http://127.0.0.1:8080/":           "http://127.0.0.1:8080/mcp",
		"https://mcp.example.com/a/mcp":    "https://mcp.example.com/a/mcp",
		"mcp.example.com":                  "",
		"ftp://mcp.example.com":            "",
		"https://":                         "",
		"https://u:hidden@mcp.example.com": "",
		"https//u:hidden@mcp.example.com":  "",
		"https://u:hidden@mcp example.com": "",
		"https://[::1?token=hidden@":       "",
		"https://h/mcp?token=hidden@":      "",
		"https://h/mcp?":                   "",
		"https://h/mcp#hidden@":            "",
		"https://h/mcp#":                   "",
	} {
		got, err := serverAddress(typed)
		if got != want || (err == nil) != (want != "") || err != nil && strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %s, %v", typed, got, err)
		}
	}
}

// TestInstallUsage: wrong usage is said before anything is looked at.
func TestInstallUsage(t *testing.T) {
	home := t.TempDir()
	env := []string{"HOME=" + home, "USERPROFILE=" + home, "APPDATA=" + home, "LOCALAPPDATA=" + home}
	for _, tt := range []struct{ line, words string }{
		{"claude-kode", "Did you mean claude-code?"},
		{"emacs", "they are claude-code, claude-desktop, vscode"},
		{"zed cursor", "takes one client"},
		{"zed --json", "--json is for the list"},
		{"zed --scope team", `must be user or project, not "team"`},
		{"goose --scope project", "Goose has no file for a project"},
		{"zed --remove --print", "do not go together"},
		{"zed --remove --http http://x", "do not go together"},
		{"zed --http http://x --account-id a", "do not go together"},
		{"zed --http http://x --simulate", "do not go together"},
		{"zed --http x", "must be the address of a server"},
		{"claude-desktop --http http://x", "under Settings, Connectors"},
		{"zed --account-id a/b", `--account-id is not the ID of an account: "a/b"`},
		{"--remove --scope project", "a client is missing: with --scope, --remove"},
	} {
		status, _, stderr := run(t, env, append([]string{"install"}, strings.Fields(tt.line)...)...)
		if status != exitUsage || !strings.Contains(stderr, tt.words) || !strings.Contains(stderr, "See access-policy-mcp install --help.") {
			t.Errorf("%s: %d %s", tt.line, status, stderr)
		}
	}
	if runtime.GOOS == "windows" {
		return
	}
	// The test binary is where go test has built it, which does not stay.
	if status, _, stderr := run(t, env, "install", "zed"); status != exitFailure || !strings.Contains(stderr, "where it does not stay") {
		t.Errorf("%d %s", status, stderr)
	}
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("%v is in the home folder, %v", left, err)
	}
}

// TestInstallRefusesEnvironment: what the server would not start with gets into no entry,
// and no secret in it is told.
func TestInstallRefusesEnvironment(t *testing.T) {
	home := t.TempDir()
	for _, tt := range []struct {
		env   []string
		words string
	}{
		{[]string{"CLOUDFLARE_BASE_URL=https://u:hidden@api.example.com"}, "CLOUDFLARE_BASE_URL: "},
		{[]string{"CLOUDFLARE_BASE_URL=https://api.example.com?hidden"}, "CLOUDFLARE_BASE_URL: "},
		{[]string{"CLOUDFLARE_API_TOKEN=hidden", "CLOUDFLARE_API_TOKEN_FILE=/hidden"}, "CLOUDFLARE_API_TOKEN and CLOUDFLARE_API_TOKEN_FILE are both set"},
		{[]string{"CLOUDFLARE_API_KEY=hidden", "CLOUDFLARE_API_KEY_FILE=/hidden"}, "CLOUDFLARE_API_KEY and CLOUDFLARE_API_KEY_FILE are both set"},
	} {
		env := append(tt.env, "HOME="+home, "USERPROFILE="+home, "APPDATA="+home)
		status, stdout, stderr := run(t, env, "install", "cursor")
		if status != exitUsage || stdout != "" || !strings.Contains(stderr, tt.words) || strings.Contains(stderr, "hidden") {
			t.Errorf("%v: %d %s", tt.env[0], status, stderr)
		}
		if status, _, stderr := run(t, env, "install", "cursor", "--print", "--http", "http://127.0.0.1:8080"); status != 0 {
			t.Errorf("%v: %s", tt.env[0], stderr)
		}
	}
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("%v is in the home folder, %v", left, err)
	}
}

// TestBearerFile: an entry refers to no variable that is not set.
func TestBearerFile(t *testing.T) {
	i := &installation{settings: newSettings([]string{"ACCESS_POLICY_MCP_BEARER_TOKEN_FILE=/x"})}
	i.client, _ = clients.Find("cursor")
	if variable, notes := i.bearer(); variable != "" || len(notes) != 1 || !strings.Contains(notes[0], "not to a file") {
		t.Errorf("%q %v", variable, notes)
	}
}

// TestInstallList: the list is a table for people and lines or JSON for programs.
func TestInstallList(t *testing.T) {
	entries := []listedEntry{
		{Client: "claude-code", State: stateWorks, Scope: "user", Command: "/usr/local/bin/access-policy-mcp"},
		{Client: "cursor", State: stateBroken, Scope: "user", Command: "/gone", Problem: "/gone does not exist"},
		{Client: "windsurf", State: stateBroken, Scope: "user", Problem: "/home/u/.codeium/windsurf/mcp_config.json: the file is not valid JSON"},
		{Client: "codex", State: stateWorks, Scope: "project", URL: "http://127.0.0.1:8080/mcp"},
		{Client: "zed", State: stateMissing, Scope: "user"},
		{Client: "goose", State: stateAway, Scope: "user"},
	}
	want := "CLIENT       ENTRY      WHERE\n" +
		"claude-code  works      /usr/local/bin/access-p…\n" +
		"cursor       broken     /gone\n" +
		"  /gone does not exist\n" +
		"windsurf     broken\n" +
		"  /home/u/.codeium/windsurf/mcp_config.json: the\n" +
		"  file is not valid JSON\n" +
		"codex        works      (project) http://127.0.…\n" +
		"zed          not added\n" +
		"goose        not found\n\n" +
		"Next: access-policy-mcp install cursor\n"
	if got := rendered(clientsTable(entries, 48), false); got != want {
		t.Errorf("got\n%s", got)
	}
}

// TestClientFilesHoldNoSecret: of a credential in the environment, an entry has the name of
// its variable at most.
func TestClientFilesHoldNoSecret(t *testing.T) {
	const secret = "secret-0123456789"
	home := t.TempDir()
	env := []string{"HOME=" + home, "USERPROFILE=" + home, "APPDATA=" + home}
	for _, variables := range [][]string{
		{"CLOUDFLARE_API_TOKEN=" + secret},
		{"CLOUDFLARE_EMAIL=" + secret, "CLOUDFLARE_API_KEY=" + secret},
		{"ACCESS_POLICY_MCP_BEARER_TOKEN=" + secret, "CLOUDFLARE_ACCOUNT_ID=a"},
	} {
		for _, c := range clients.All() {
			settings := newSettings(append(env, variables...))
			i := &installation{settings: settings, client: c}
			server := clients.Server{Command: "/x", Variables: i.variables()}
			server.Forward, _ = i.forwarded()
			blocks := c.Block(server)
			if _, remote := c.Remote(); remote {
				server.URL = "http://127.0.0.1:8080/mcp"
				server.Bearer, _ = i.bearer()
				blocks += c.Block(server)
			}
			if strings.Contains(blocks, secret) || !strings.Contains(blocks, clients.EntryName) {
				t.Errorf("%s with %s:\n%s", c.Name, variables[0], blocks)
			}
			if name, _, _ := strings.Cut(variables[0], "="); c.Forwards() && c.RefersToBearer() && !strings.Contains(blocks, name) {
				t.Errorf("%s does not refer to %s:\n%s", c.Name, name, blocks)
			}
		}
	}
}
