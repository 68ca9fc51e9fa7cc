package clients

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// fixed is the server of the goldens.
func fixed() Server {
	return Server{Command: "/opt/homebrew/bin/access-policy-mcp", Variables: []Pair{{"CLOUDFLARE_ACCOUNT_ID", "023e105f4ecef8ad9ca31a8372d0c353"}}}
}

// here is this machine with a home folder and a project of its own, and nothing on the
// PATH.
func here(t *testing.T) Machine {
	t.Helper()
	home := t.TempDir()
	m := machine(runtime.GOOS, map[string]string{"HOME": home, "USERPROFILE": home})
	m.Folder = t.TempDir()
	return m
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func fileText(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func install(t *testing.T, c Client, m Machine, s Server, want Action) Result {
	t.Helper()
	result, err := c.Install(t.Context(), m, User, s, CommandOptions{})
	if err != nil || result.Action != want {
		t.Fatalf("%s: %v %v, want %v", c.Name, result.Action, err, want)
	}
	return result
}

func remove(t *testing.T, c Client, m Machine, want Action) Result {
	t.Helper()
	result, err := c.Remove(m, User)
	if err != nil || result.Action != want {
		t.Fatalf("%s: %v %v, want %v", c.Name, result.Action, err, want)
	}
	return result
}

// TestEdits installs into a rich file of each client, twice, and removes again. The golden
// shows that nothing but our entry has changed, and the file is the same to the byte in
// the end.
func TestEdits(t *testing.T) {
	for _, c := range All() {
		t.Run(c.Name, func(t *testing.T) {
			path := filepath.Join("testdata", "edits", c.Name+".txtar")
			archive, err := txtar.ParseFile(path)
			if err != nil || len(archive.Files) == 0 || archive.Files[0].Name != "before" {
				t.Fatal(err)
			}
			before := string(archive.Files[0].Data)
			for _, variant := range []struct{ name, text string }{
				{"as it is", before},
				{"with CRLF", strings.ReplaceAll(before, "\n", "\r\n")},
				{"with a byte order mark", byteOrderMark + before},
				{"without a last line end", strings.TrimSuffix(before, "\n")},
				{"tabs", tabs(c, before)},
			} {
				checkEdits(t, c, path, variant.name, variant.text, archive)
			}
		})
	}
}

// tabs is a text indented with tabs, where that is allowed.
func tabs(c Client, text string) string {
	if language(c) == "yaml" {
		return text
	}
	var lines []string
	for line := range strings.Lines(text) {
		rest := strings.TrimLeft(line, " ")
		lines = append(lines, strings.Repeat("\t", (len(line)-len(rest))/2)+rest)
	}
	return strings.Join(lines, "")
}

func checkEdits(t *testing.T, c Client, path, variant, before string, archive *txtar.Archive) {
	m := here(t)
	file := c.Path(m, User)
	write(t, file, before)
	result := install(t, c, m, fixed(), Added)
	after := fileText(t, file)
	switch variant {
	case "as it is":
		if *update {
			archive.Files = append(archive.Files[:1], txtar.File{Name: "after", Data: []byte(after)})
			if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if diff := cmp.Diff(string(archive.Files[1].Data), after); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	case "with CRLF":
		if strings.Count(after, "\n") != strings.Count(after, "\r\n") {
			t.Errorf("%s: line ends are mixed: %q", variant, after)
		}
	}
	if got := fileText(t, result.Backup); got != before {
		t.Errorf("%s: the backup is %q", variant, got)
	}
	install(t, c, m, fixed(), Unchanged)
	if got := fileText(t, file); got != after {
		t.Errorf("%s: the second time it is another:\n%s", variant, cmp.Diff(after, got))
	}
	entry := c.Status(m).Entries[0]
	if !entry.Present || entry.Err != nil || entry.Command != fixed().Command || entry.CommandErr == nil {
		t.Errorf("%s: %+v", variant, entry)
	}
	// Without a backup the text is all that there is to go by.
	if err := os.Remove(result.Backup); err != nil {
		t.Fatal(err)
	}
	remove(t, c, m, Removed)
	stripped := fileText(t, file)
	if variant != "without a last line end" && c.Name != "zed" && c.Name != "jetbrains" && stripped != before {
		t.Errorf("%s: removed without a backup (-want +got):\n%s", variant, cmp.Diff(before, stripped))
	}
	// With one it is the same in any case.
	write(t, file, before)
	backup := install(t, c, m, fixed(), Added).Backup
	other := fixed()
	other.Command = "/usr/local/bin/access-policy-mcp"
	install(t, c, m, other, Renewed)
	remove(t, c, m, Removed)
	if got := fileText(t, file); got != before {
		t.Errorf("%s: removed (-want +got):\n%s", variant, cmp.Diff(before, got))
	}
	if exists(backup) {
		t.Errorf("%s: a backup of what is there again is kept", variant)
	}
	remove(t, c, m, Absent)
}
