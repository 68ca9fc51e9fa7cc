//go:build unix

package clients

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// entryText is what the fake commands write as our entry.
const entryText = `"access-policy":{"type":"stdio","command":"/opt/homebrew/bin/access-policy-mcp"}`

// withCommand is a machine that has one command, a script, on its PATH. The script finds
// the file of Claude Code as $FILE.
func withCommand(t *testing.T, script string) (Machine, CommandOptions) {
	t.Helper()
	m := here(t)
	folder := t.TempDir()
	home := m.home()
	m.Variable = func(name string) string { return map[string]string{"HOME": home, "PATH": folder}[name] }
	path := filepath.Join(folder, "claude")
	write(t, path, "#!/bin/sh\n"+script)
	if err := os.Chmod(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return m, CommandOptions{Env: []string{"PATH=/usr/bin:/bin", "FILE=" + claudeCode().Path(m, User), "CLOUDFLARE_API_TOKEN=secret-token", "ACCESS_POLICY_MCP_BEARER_TOKEN=secret-bearer"}}
}

// TestCommand has what a client's own command may do to its file, and what comes of it.
func TestCommand(t *testing.T) {
	const before = `{"a":1,"mcpServers":{"other":{"command":"o"}}}`
	for name, tt := range map[string]struct {
		before, script string
		by             bool   // the command has made the entry
		words          string // of the error of the command
	}{
		"works":          {before, `printf '%s' '{"a":2,"mcpServers":{"other":{"command":"o"},` + entryText + `}}' >"$FILE"`, true, ""},
		"works, fails":   {before, `printf '%s' '{"a":1,"mcpServers":{"other":{"command":"o"},` + entryText + `}}' >"$FILE"; exit 1`, true, ""},
		"works, empty":   {"", `printf '%s' '{"mcpServers":{` + entryText + `}}' >"$FILE"`, true, ""},
		"fails":          {before, "echo one; echo two >&2; exit 3", false, "claude mcp add-json: two"},
		"fails silently": {before, "exit 3", false, "exit status 3"},
		"lies":           {before, "exit 0", false, "it has made no entry"},
		"wipes":          {before, `printf '%s' '{"a":1,"mcpServers":{` + entryText + `}}' >"$FILE"`, false, `the server "other" is not in it any more`},
		"wipes others":   {before, `printf '%s' '{"mcpServers":{"other":{"command":"o"},` + entryText + `}}' >"$FILE"`, false, `"a" is not in it any more`},
		"changes":        {before, `printf '%s' '{"a":1,"mcpServers":{"other":{"command":"p"},` + entryText + `}}' >"$FILE"`, false, `the server "other" in it is another now`},
		"breaks":         {before, `printf '{' >"$FILE"`, false, "not valid JSON"},
		"breaks, fails":  {before, `printf '{' >"$FILE"; exit 1`, false, "not valid JSON"},
		"breaks new":     {"", `printf '{' >"$FILE"`, false, "not valid JSON"},
		"removes":        {before, `rm "$FILE"`, false, `the server "other" is not in it any more`},
		"floods":         {before, "head -c 3000000 /dev/zero | tr '\\0' x; echo; head -c 10000 /dev/zero | tr '\\0' y; exit 1", false, "claude mcp add-json: " + strings.Repeat("y", maxLine) + "…"},
		"tells secrets":  {before, `echo "<$CLOUDFLARE_API_TOKEN$ACCESS_POLICY_MCP_BEARER_TOKEN>"; exit 1`, false, "claude mcp add-json: <>"},
		"comments":       {"// c\n" + before, `rm "$FILE"`, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := claudeCode()
			m, options := withCommand(t, tt.script)
			file := c.Path(m, User)
			if tt.before != "" {
				write(t, file, tt.before)
			}
			result, err := c.Install(t.Context(), m, User, fixed(), options)
			if err != nil || result.Action != Added || (result.By != "") != tt.by {
				t.Fatalf("%+v, %v", result, err)
			}
			if got := result.CommandErr; (got == nil) != (tt.words == "") || got != nil && !strings.Contains(got.Error(), tt.words) {
				t.Errorf("%v, want %s", got, tt.words)
			}
			got := fileText(t, file)
			if !strings.Contains(got, `"CLOUDFLARE_ACCOUNT_ID"`) || tt.before != "" && !strings.Contains(got, `"other":{"command":"o"}`) || tt.before != "" && !strings.Contains(got, `"a":`) {
				t.Errorf("the file is %s", got)
			}
			if tt.before != "" && fileText(t, result.Backup) != tt.before {
				t.Errorf("the backup is %s", fileText(t, result.Backup))
			}
		})
	}
}

// TestCommandKeepsMode: a file that is put back is as readable as it was.
func TestCommandKeepsMode(t *testing.T) {
	m, options := withCommand(t, `rm "$FILE"`)
	file := claudeCode().Path(m, User)
	write(t, file, `{"mcpServers":{"other":{}}}`)
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := claudeCode().Install(t.Context(), m, User, fixed(), options); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o640 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// TestCommandReadOnly: the command is not asked where the file must not be replaced.
func TestCommandReadOnly(t *testing.T) {
	m, options := withCommand(t, `rm -f "$FILE"`)
	file := claudeCode().Path(m, User)
	write(t, file, "{}")
	if err := os.Chmod(file, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := claudeCode().Install(t.Context(), m, User, fixed(), options); err == nil || !strings.Contains(err.Error(), "read-only") || fileText(t, file) != "{}" {
		t.Error(err)
	}
}

// TestCommandHangs: a command that does not end is ended with all that it has started, and
// people are told that it is waited for.
func TestCommandHangs(t *testing.T) {
	c := claudeCode()
	m, options := withCommand(t, `mkfifo "$FILE.fifo"; (cat "$FILE.fifo"; :) & echo started >"$FILE.started"; cat "$FILE.fifo"`)
	waited := make(chan string, 1)
	options.Waiting = func(command string) { waited <- command }
	options.Patience, options.Timeout = time.Millisecond, 2*time.Second
	result, err := c.Install(t.Context(), m, User, fixed(), options)
	if err != nil || result.Action != Added || result.By != "" {
		t.Fatalf("%+v, %v", result, err)
	}
	if got := result.CommandErr.Error(); got != "claude mcp add-json: it has not ended within 2s" {
		t.Error(got)
	}
	if got := <-waited; got != "claude mcp add-json" {
		t.Error(got)
	}
	// Whoever is left would read from the pipe: without a reader it cannot be opened.
	pipe := c.Path(m, User) + ".fifo"
	if file, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
		_ = file.Close()
		t.Error("what the command has started is still there")
	} else if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the command was too slow to start")
	}
	if DefaultTimeout > time.Minute || DefaultPatience > 5*time.Second {
		t.Error("nobody waits that long")
	}
}

// TestCommandOfFolder: a program in the folder where somebody stands is not the client's.
func TestCommandOfFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "claude", "#!/bin/sh\n")
	if err := os.Chmod("claude", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{".", "", ":", "./"} {
		if got := machine("linux", map[string]string{"PATH": path}).Command("claude"); got != "" {
			t.Errorf("%q: %s", path, got)
		}
	}
}

// TestTail: only the end of what a command writes is kept.
func TestTail(t *testing.T) {
	var output tail
	for range 100 {
		if n, err := output.Write([]byte(strings.Repeat("x", 1000))); n != 1000 || err != nil {
			t.Fatal(n, err)
		}
	}
	_, _ = output.Write([]byte("end"))
	if len(output.data) != maxTail || !strings.HasSuffix(string(output.data), "xend") {
		t.Errorf("%d bytes", len(output.data))
	}
}
