package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"access-policy-mcp/server"
)

// realClient is a client's own command line, in a home folder of its own.
type realClient struct {
	t       *testing.T
	home    string
	program string // the program under test
	folder  string // that has the client's command
	name    string // of the client's command
}

// newRealClient skips the test if the command is not in e2e/clients, where .ci/run puts it.
func newRealClient(t *testing.T, pattern string) realClient {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Skip("there is no " + pattern + ": run npm ci --ignore-scripts in e2e/clients")
	}
	command, err := filepath.Abs(found[0])
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath(server.Name)
	if err != nil {
		t.Fatal(err)
	}
	return realClient{t, t.TempDir(), program, filepath.Dir(command), filepath.Base(command)}
}

// run runs a program in the home folder, with its folder first on a PATH that has the
// client's command or not.
func (c realClient) run(program string, withClient bool, args ...string) string {
	c.t.Helper()
	path := filepath.Dir(c.program)
	if withClient {
		path += string(os.PathListSeparator) + c.folder
		if node, err := exec.LookPath("node"); err == nil {
			path += string(os.PathListSeparator) + filepath.Dir(node)
		}
		path += string(os.PathListSeparator) + "/usr/bin" + string(os.PathListSeparator) + "/bin"
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = c.home
	cmd.Env = []string{"HOME=" + c.home, "PATH=" + path, "TERM=dumb", "DISABLE_AUTOUPDATER=1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}

// ask runs the client's own command.
func (c realClient) ask(args ...string) string {
	c.t.Helper()
	return c.run(filepath.Join(c.folder, c.name), true, args...)
}

func (c realClient) install(withClient bool, args ...string) string {
	c.t.Helper()
	return c.run(c.program, withClient, append([]string{"install"}, args...)...)
}

// expect checks that a text has all the parts.
func (c realClient) expect(text string, parts ...string) {
	c.t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			c.t.Errorf("there is no %q in\n%s", part, text)
		}
	}
}

// TestClaudeCode: Claude Code starts what install has written, by itself and with claude mcp
// add-json.
func TestClaudeCode(t *testing.T) {
	t.Parallel()
	c := newRealClient(t, "clients/node_modules/@anthropic-ai/claude-code-"+runtime.GOOS+"-*/claude")
	for _, withClient := range []bool{false, true} {
		said := c.install(withClient, "claude-code", "--simulate")
		if got := strings.Contains(said, "with claude mcp add-json"); got != withClient {
			t.Errorf("on the PATH: %t, and yet:\n%s", withClient, said)
		}
		c.expect(c.ask("mcp", "list"), "access-policy: "+c.program+" --simulate - ✔ Connected")
		c.expect(c.ask("mcp", "get", "access-policy"), "Scope: User config", "Command: "+c.program, "Args: --simulate")
		c.expect(c.install(withClient, "claude-code", "--simulate"), "is as it should be")
		c.expect(c.install(withClient, "claude-code", "--remove"), "Removed access-policy")
		if left := c.ask("mcp", "list"); strings.Contains(left, "access-policy") {
			t.Errorf("after the removal:\n%s", left)
		}
	}
	// In a project it asks before it starts anything.
	c.install(false, "claude-code", "--simulate", "--scope", "project")
	c.expect(c.ask("mcp", "get", "access-policy"), "Project config", "Command: "+c.program)
	c.install(false, "claude-code", "--remove", "--scope", "project")
	c.install(false, "claude-code", "--http", "http://127.0.0.1:9/mcp")
	c.expect(c.ask("mcp", "get", "access-policy"), "Type: http", "URL: http://127.0.0.1:9/mcp")
}

// codexEntry is what Codex makes of an entry.
type codexEntry struct {
	Enabled   bool
	Transport struct {
		Type, Command, URL string
		Args               []string
		Env                map[string]string
		EnvVars            []string `json:"env_vars"`
		BearerVariable     string   `json:"bearer_token_env_var"`
	}
	ToolTimeout float64 `json:"tool_timeout_sec"`
}

func (c realClient) codexEntry() (entry codexEntry) {
	c.t.Helper()
	out := c.ask("mcp", "get", "access-policy", "--json")
	start := strings.Index(out, "{") // there may be a warning before it
	if start < 0 {
		c.t.Fatal(out)
	}
	if err := json.Unmarshal([]byte(out[start:]), &entry); err != nil {
		c.t.Fatalf("%v: %s", err, out)
	}
	return entry
}

// TestCodex: Codex reads what install has written, by itself and with codex mcp add, and a
// file with comments keeps them.
func TestCodex(t *testing.T) {
	t.Parallel()
	c := newRealClient(t, "clients/node_modules/.bin/codex")
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("there is no node")
	}
	const account = "023e105f4ecef8ad9ca31a8372d0c353"
	file := filepath.Join(c.home, ".codex", "config.toml")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, before := range []string{"", "model = \"o3\"\n", "# mine\nmodel = \"o3\" # best\n\n[mcp_servers.other]\ncommand = \"other\" # mine\n"} {
		for _, withClient := range []bool{false, true} {
			if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
			said := c.install(withClient, "codex", "--account-id", account)
			if got := strings.Contains(said, "with codex mcp add"); got != (withClient && !strings.Contains(before, "#")) {
				t.Errorf("%q, on the PATH: %t, and yet:\n%s", before, withClient, said)
			}
			entry := c.codexEntry()
			if tr := entry.Transport; !entry.Enabled || tr.Type != "stdio" || tr.Command != c.program || tr.Env["CLOUDFLARE_ACCOUNT_ID"] != account {
				t.Errorf("%+v", entry)
			}
			if strings.Contains(before, "#") && !strings.HasPrefix(readPage(t, file), before) {
				t.Errorf("the file is\n%s", readPage(t, file))
			}
			c.install(withClient, "codex", "--remove")
			if strings.Contains(before, "#") && readPage(t, file) != before {
				t.Errorf("after the removal:\n%s", readPage(t, file))
			}
		}
	}
	c.install(true, "codex", "--simulate")
	if err := os.WriteFile(file, []byte(readPage(t, file)+"tool_timeout_sec = 700\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.install(true, "codex", "--http", "http://127.0.0.1:9/mcp")
	if entry := c.codexEntry(); entry.Transport.URL != "http://127.0.0.1:9/mcp" || entry.ToolTimeout != 700 {
		t.Errorf("%+v", entry)
	}
}
