package clients

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the goldens anew")

// golden compares a text with a file.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// machine is one on which the environment has these variables.
func machine(goos string, variables map[string]string) Machine {
	return Machine{GOOS: goos, Variable: func(name string) string { return variables[name] }}
}

// TestPaths has the file of each client on each operating system, also where a variable
// leads elsewhere.
func TestPaths(t *testing.T) {
	machines := []struct {
		name    string
		machine Machine
		project string
	}{
		{"macOS", machine("darwin", map[string]string{"HOME": "/Users/u"}), "/p"},
		{"Linux", machine("linux", map[string]string{"HOME": "/home/u"}), "/p"},
		{"Linux with XDG_CONFIG_HOME", machine("linux", map[string]string{"HOME": "/home/u", "XDG_CONFIG_HOME": "/x"}), "/p"},
		{"Linux with a relative XDG_CONFIG_HOME", machine("linux", map[string]string{"HOME": "/home/u", "XDG_CONFIG_HOME": "x"}), "/p"},
		{"Linux with folders of clients", machine("linux", map[string]string{"HOME": "/home/u", "CODEX_HOME": "/c", "CLAUDE_CONFIG_DIR": "/d", "GEMINI_CLI_HOME": "/g"}), "/p"},
		{"Windows", machine("windows", map[string]string{"USERPROFILE": `C:\Users\u`, "APPDATA": `D:\roaming`, "LOCALAPPDATA": `D:\local`}), `C:\p`},
		{"Windows without APPDATA", machine("windows", map[string]string{"USERPROFILE": `C:\Users\u`}), `C:\p`},
		{"no variables", machine("linux", nil), ""},
	}
	var text strings.Builder
	for _, m := range machines {
		m.machine.Folder = m.project
		fmt.Fprintf(&text, "-- %s --\n", m.name)
		for _, c := range All() {
			for _, scope := range c.Scopes() {
				fmt.Fprintf(&text, "%s %s: %s\n", c.Name, scope, c.Path(m.machine, scope))
			}
		}
	}
	golden(t, "testdata/paths.txtar", text.String())
}

// TestNames: names and aliases are all different, and found in the forms in which people
// write them.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range All() {
		for _, name := range append([]string{c.Name}, c.Aliases...) {
			if seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
			if found, ok := Find(name); !ok || found.Name != c.Name {
				t.Errorf("%s: %v", name, found.Name)
			}
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d names", len(seen))
	}
	for typed, want := range map[string]string{"Claude Code": "claude-code", "VS_Code": "vscode", " zed ": "zed", "emacs": "", "": ""} {
		if found, _ := Find(typed); found.Name != want {
			t.Errorf("%q: %s", typed, found.Name)
		}
	}
}
