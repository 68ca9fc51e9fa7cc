package clients

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNewFile: what is missing is made, for the user alone, and goes again.
func TestNewFile(t *testing.T) {
	for _, c := range All() {
		for _, scope := range c.Scopes() {
			m := here(t)
			file := c.Path(m, scope)
			result, err := c.Install(t.Context(), m, scope, fixed(), CommandOptions{})
			if err != nil || result.Action != Added || result.Backup != "" {
				t.Fatalf("%s: %+v %v", c.Name, result, err)
			}
			if got := fileText(t, file); got != c.Block(fixed()) {
				t.Errorf("%s: (-block +file):\n%s", c.Name, cmp.Diff(c.Block(fixed()), got))
			}
			if info, err := os.Stat(file); runtime.GOOS != "windows" && scope == User && (err != nil || info.Mode().Perm() != 0o600) {
				t.Errorf("%s: %v %v", c.Name, info.Mode(), err)
			}
			other := fixed()
			other.Command = "/elsewhere"
			if result, err = c.Install(t.Context(), m, scope, other, CommandOptions{}); err != nil || result.Action != Renewed {
				t.Errorf("%s: %+v %v", c.Name, result, err)
			}
			if result, err = c.Remove(m, scope); err != nil || result.Action != Removed {
				t.Errorf("%s: %+v %v", c.Name, result, err)
			}
			if left, err := os.ReadDir(filepath.Dir(file)); scope == User && (err != nil || len(left) > 0) && filepath.Dir(file) != m.home() {
				t.Errorf("%s: %v is left", c.Name, left)
			}
			if exists(file) {
				t.Errorf("%s: the file is still there", c.Name)
			}
		}
	}
}

// TestOddFiles: whatever the layout, the file is the same after a removal as before.
func TestOddFiles(t *testing.T) {
	cases := map[string][]string{
		"cursor": {"", "\n", "{}", "{ }", "{\n}\n", " { \"a\": 1 } ", "{\"a\": 1, }", "{\"mcpServers\": {}}", "{\n  \"mcpServers\": {\n  }\n}", "// c\n{ // d\n}\n", "{\"mcpServers\": {\"a\": {} // c\n}}",
			"{\"mcpServers\": {/* none */}}", "{\n\t\"mcpServers\": {}, // c\n\t\"b\": [1,\n2]}", byteOrderMark, "{\"a\":\"b\" /* c */}", "{\r\n    \"a\": null\r\n}\r\n"},
		"codex": {"", "# c", "a = 1", "a = 1\n\n\n", "[mcp_servers]\n", "[mcp_servers]\nx = { command = 'y' }\n", "mcp_servers.x.command = 'y'\n[z]\n", "[[a]]\n[[a]]\nb = 1", byteOrderMark + "a = 1\r\n"},
		"goose": {"", "# c\n", "---\na: 1\n", "a: 1", "extensions:\n", "extensions: {}\n", "extensions: {} # c\n", "extensions: null\nb: 1\n", "extensions: ~", "a: |+\n  x\n\n\n", "extensions:\n      a:\n            cmd: b\nz: 1\n",
			"extensions:   # c\n  # d\n  a: {cmd: b}\n", "b:\n- 1\n- 2\n", "\"extensions\":\r\n  a: {}\r\n", "extensions:\n  a:\n    cmd: 'x\n      y'\n"},
	}
	for name, texts := range cases {
		c, _ := Find(name)
		for _, before := range texts {
			m := here(t)
			file := c.Path(m, User)
			write(t, file, before)
			install(t, c, m, fixed(), Added)
			install(t, c, m, fixed(), Unchanged)
			entry := c.Status(m).Entries[0]
			if entry.Command != fixed().Command {
				t.Errorf("%s: %q: %+v", name, before, entry)
			}
			other := fixed()
			other.Command = "/elsewhere"
			install(t, c, m, other, Renewed)
			remove(t, c, m, Removed)
			if got := fileText(t, file); got != before {
				t.Errorf("%s: before %q, after %q", name, before, got)
			}
		}
	}
}

// TestLeftAlone: a file that cannot be understood, or must not be written, stays as it is.
func TestLeftAlone(t *testing.T) {
	cases := []struct{ client, before, words string }{
		{"cursor", "{", "not valid JSON"},
		{"cursor", "{\n\"a\": 1\n\"b\": 2}", "line 3"},
		{"cursor", "[]", "a list"},
		{"cursor", "true", "true or false"},
		{"cursor", `{"mcpServers": []}`, `"mcpServers" is a list, but must be an object`},
		{"cursor", `{"mcpServers": null}`, `is null`},
		{"cursor", `{"mcpServers": {"access-policy": "x"}}`, `"access-policy" in "mcpServers" is a text`},
		{"cursor", `{"mcpServers": {}, "mcpServers": {}}`, `"mcpServers" is there twice`},
		{"cursor", `{"mcpServers": {"access-policy": {}, "access-policy": {}}}`, `"access-policy" is there twice`},
		{"cursor", `{"mcpServers": {"access-policy": {"command": "a", "command": "b"}}}`, `"command" is there twice`},
		{"cursor", `{"mcpServers": {"access-policy": {"command": "a", "env": "b"}}}`, `is not an object`},
		{"cursor", strings.Repeat("[", 100000), "nested too deeply"},
		{"codex", "a = ", "line 1"},
		{"codex", "mcp_servers = 1", "must be an object"},
		{"codex", "[[mcp_servers]]\n", "is a list"},
		{"codex", "[mcp_servers.a]\n[mcp_servers.a]\n", "not valid TOML"},
		{"codex", "mcp_servers = { x = { command = 'y', n = 0x1F } }", "cannot change safely"},
		{"goose", "a: [", "not valid YAML"},
		{"goose", "- a\n", "does not hold a mapping"},
		{"goose", "extensions: [a]\n", "is a list"},
		{"goose", "extensions:\n  a: 1\n  a: 2\n", "not valid YAML"},
		{"goose", "a: 1\n---\nb: 1\n", "several YAML documents"},
		{"goose", "extensions: {a: {cmd: b}}\n", "cannot change safely"},
		{"goose", "x: &x {a: {cmd: b}}\nextensions: *x\n", "cannot change safely"},
	}
	for _, tt := range cases {
		c, _ := Find(tt.client)
		m := here(t)
		file := c.Path(m, User)
		write(t, file, tt.before)
		result, err := c.Install(t.Context(), m, User, fixed(), CommandOptions{})
		if err == nil || !strings.Contains(err.Error(), tt.words) || !strings.Contains(err.Error(), file) {
			t.Errorf("%q: %v", tt.before, err)
		}
		if got := fileText(t, file); got != tt.before || exists(backupPath(file)) || result.Backup != "" {
			t.Errorf("%q: is %q, backup %v", tt.before, got, exists(backupPath(file)))
		}
	}
}

// TestRenewal: what somebody else has put into our entry stays, and the rest is set right.
func TestRenewal(t *testing.T) {
	cases := []struct {
		client, before, after string
		server                func(*Server)
	}{
		{"cursor", "{\"mcpServers\": {\n  \"access-policy\": {\n    // mine\n    \"command\": \"/gone/access-policy-mcp\", // old\n    \"disabled\": true,\n    \"args\": [\"--allow-start\", \"--simulate\"],\n    \"env\": {\"A\": \"b\", \"CLOUDFLARE_API_TOKEN\": \"t\"},\n  }}}",
			"{\"mcpServers\": {\n  \"access-policy\": {\n    // mine\n    \"command\": \"/opt/homebrew/bin/access-policy-mcp\", // old\n    \"disabled\": true,\n    \"args\": [\"--allow-start\"],\n    \"env\": {\"A\": \"b\", \"CLOUDFLARE_API_TOKEN\": \"t\", \"CLOUDFLARE_ACCOUNT_ID\": \"023e105f4ecef8ad9ca31a8372d0c353\"},\n  }}}", nil},
		{"cursor", `{"mcpServers":{"access-policy":{"command":"/gone","args":["x"],"env":{"A":"b"},"note":1}}}`,
			`{"mcpServers":{"access-policy":{"note":1,"url":"https://x.example.com/mcp"}}}`, func(s *Server) { s.URL = "https://x.example.com/mcp" }},
		{"cursor", `{"mcpServers":{"access-policy":{"url":"https://x.example.com/mcp","headers":{"A":"b"}}}}`,
			`{"mcpServers":{"access-policy":{"command":"/opt/homebrew/bin/access-policy-mcp","args":["--simulate"]}}}`, func(s *Server) { s.Args, s.Variables = []string{"--simulate"}, nil }},
		{"cursor", `{"mcpServers":{"access-policy":{"command":"/opt/homebrew/bin/access-policy-mcp","args":["--tools","a","--no-history","--allow-start"]}}}`,
			`{"mcpServers":{"access-policy":{"command":"/opt/homebrew/bin/access-policy-mcp","args":["--no-history", "--allow-start", "--tools=b,c"]}}}`, func(s *Server) { s.Args, s.Variables = []string{"--allow-start", "--tools=b,c"}, nil }},
		{"codex", "[mcp_servers.access-policy]\ncommand = '/gone' # old\ntool_timeout_sec = 600\n\n[mcp_servers.access-policy.tools.x]\napproval_mode = \"approve\"\n\n[z]\n",
			"[mcp_servers.access-policy]\ncommand = \"/opt/homebrew/bin/access-policy-mcp\" # old\ntool_timeout_sec = 600\n\n[mcp_servers.access-policy.tools.x]\napproval_mode = \"approve\"\n\n[mcp_servers.access-policy.env]\nCLOUDFLARE_ACCOUNT_ID = \"023e105f4ecef8ad9ca31a8372d0c353\"\n\n[z]\n", nil},
		{"codex", "[mcp_servers]\naccess-policy = { command = '/gone', env = { A = 'b' }, tool_timeout_sec = 600 } # x\n",
			"[mcp_servers]\naccess-policy = { command = \"/opt/homebrew/bin/access-policy-mcp\", env = { A = \"b\", CLOUDFLARE_ACCOUNT_ID = \"023e105f4ecef8ad9ca31a8372d0c353\" }, tool_timeout_sec = 600 } # x\n", nil},
		{"codex", "mcp_servers.access-policy.command = '/gone'\n[a]\nb = 1\n",
			"mcp_servers.access-policy.command = \"/opt/homebrew/bin/access-policy-mcp\"\nmcp_servers.access-policy.args = [\"--simulate\"]\n[a]\nb = 1\n", func(s *Server) { s.Args, s.Variables = []string{"--simulate"}, nil }},
		{"codex", "[mcp_servers.access-policy]\ncommand = \"/opt/homebrew/bin/access-policy-mcp\"\nargs = [\n  \"a\", # why\n]\nenv = { X = \"1\" }\nenv_vars = ['Y']\n",
			"[mcp_servers.access-policy]\ncommand = \"/opt/homebrew/bin/access-policy-mcp\"\nargs = [\n  \"a\", # why\n]\nenv = { X = \"1\" }\nenv_vars = [\"Y\", \"CLOUDFLARE_API_TOKEN\"]\n", func(s *Server) { s.Variables, s.Forward = nil, []string{"CLOUDFLARE_API_TOKEN"} }},
		{"goose", "extensions:\n    access-policy:\n        cmd: /gone\n        enabled: true\n        type: stdio\n        name: access-policy\n        timeout: 1\n        args: []\n",
			"extensions:\n    access-policy:\n        envs:\n            CLOUDFLARE_ACCOUNT_ID: \"023e105f4ecef8ad9ca31a8372d0c353\"\n        cmd: /opt/homebrew/bin/access-policy-mcp\n        enabled: true\n        type: stdio\n        name: access-policy\n        timeout: 1\n        args: []\n", nil},
		{"goose", "extensions:\n  access-policy:\n    cmd: /gone/access-policy-mcp   # old\n    args:\n    - --simulate\n    - x\n    enabled: false\n    timeout: 999\n    type: stdio\n    name: access-policy\n    # mine\n  b:\n    cmd: c\n",
			"extensions:\n  access-policy:\n    envs:\n      CLOUDFLARE_ACCOUNT_ID: \"023e105f4ecef8ad9ca31a8372d0c353\"\n    cmd: /opt/homebrew/bin/access-policy-mcp   # old\n    args: [x]\n    enabled: false\n    timeout: 999\n    type: stdio\n    name: access-policy\n    # mine\n  b:\n    cmd: c\n", nil},
	}
	for _, tt := range cases {
		c, _ := Find(tt.client)
		m := here(t)
		file := c.Path(m, User)
		write(t, file, tt.before)
		if entry := c.Status(m).Entries[0]; entry.URL == "" && (entry.CommandErr == nil || !strings.Contains(entry.CommandErr.Error(), "/gone")) && !strings.Contains(tt.before, "homebrew") {
			t.Errorf("%q: %v", tt.before, entry.CommandErr)
		}
		s := fixed()
		if tt.server != nil {
			tt.server(&s)
		}
		result := install(t, c, m, s, Renewed)
		if diff := cmp.Diff(tt.after, fileText(t, file)); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", tt.client, diff)
		}
		if got := fileText(t, result.Backup); got != tt.before {
			t.Errorf("the backup is %q", got)
		}
		install(t, c, m, s, Unchanged)
	}
}

// TestLink: a link stays a link, and the file behind it is written.
func TestLink(t *testing.T) {
	c, m := cursor(), here(t)
	target := filepath.Join(t.TempDir(), "dotfiles", "mcp.json")
	write(t, target, "{}\n")
	if err := os.MkdirAll(filepath.Dir(c.Path(m, User)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, c.Path(m, User)); err != nil {
		t.Skip(err)
	}
	result := install(t, c, m, fixed(), Added)
	if info, err := os.Lstat(c.Path(m, User)); err != nil || info.Mode()&fs.ModeSymlink == 0 || fileText(t, target) == "{}\n" {
		t.Errorf("%v %v: %s", info.Mode(), err, fileText(t, target))
	}
	if filepath.Dir(result.Backup) != filepath.Dir(c.Path(m, User)) {
		t.Errorf("the backup is at %s", result.Backup)
	}
	remove(t, c, m, Removed)
	if got := fileText(t, target); got != "{}\n" {
		t.Error(got)
	}
	// A link to nowhere is a mistake of somebody.
	if err := os.Remove(target); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Install(t.Context(), m, User, fixed(), CommandOptions{}); err == nil || exists(target) {
		t.Errorf("a link to nowhere: %v", err)
	}
}

// TestModes: neither the file nor its backup becomes more readable, and what is read-only
// stays as it is.
func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	for _, mode := range []fs.FileMode{0o600, 0o640, 0o644, 0o400, 0o444} {
		c, m := cursor(), here(t)
		file := c.Path(m, User)
		write(t, file, "{}\n")
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		result, err := c.Install(t.Context(), m, User, fixed(), CommandOptions{})
		if mode&0o200 == 0 {
			if err == nil || !strings.Contains(err.Error(), "read-only") || fileText(t, file) != "{}\n" || exists(backupPath(file)) {
				t.Errorf("%v: %v", mode, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{file, result.Backup} {
			if info, err := os.Stat(path); err != nil || info.Mode() != mode {
				t.Errorf("%s: %v, want %v, %v", path, info.Mode(), mode, err)
			}
		}
	}
}

// TestChangedMeanwhile: what another program has written is not lost.
func TestChangedMeanwhile(t *testing.T) {
	c, m := cursor(), here(t)
	file := c.Path(m, User)
	write(t, file, "{}")
	read, err := readOrNew(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, `{"new": 1}`)
	if err := read.replace([]byte("{}"), false); !errors.Is(err, errChanged) {
		t.Error(err)
	}
	// The edit is made again, on what is there now.
	write(t, file, "{}")
	times := 0
	action, err := c.change(&Result{Path: file}, User, func(data []byte) ([]byte, Action, error) {
		if times++; times < 3 {
			write(t, file, `{"new": `+strings.Repeat("1", times)+`}`)
		}
		changed, err := apply(c.format, data, mustRenewal(t, []string{c.key, EntryName}, nil, c.local(fixed())))
		return changed, Added, err
	})
	if got := fileText(t, file); err != nil || action != Added || times != 3 || !strings.Contains(got, `"new": 11`) || !strings.Contains(got, "homebrew") {
		t.Errorf("%v %v after %d: %s", action, err, times, got)
	}
	if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 2 {
		t.Errorf("besides the file and its backup there are %v", left)
	}
}
