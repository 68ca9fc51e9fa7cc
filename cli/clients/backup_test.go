package clients

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// TestOlderBackup: a backup that has a server which the file has lost is not written over,
// also when that happens again.
func TestOlderBackup(t *testing.T) {
	c, m := cursor(), here(t)
	file := c.Path(m, User)
	for n, older := range []string{`{"mcpServers":{"a":{}}}`, `{"mcpServers":{"b":{}}}`, `{"mcpServers":{"c":{}}}`} {
		write(t, file, older)
		install(t, c, m, fixed(), Added)
		write(t, file, `{"mcpServers":{}}`)
		install(t, c, m, fixed(), Added)
		if got := fileText(t, backupPath(file)); got != `{"mcpServers":{}}` {
			t.Errorf("the backup is %s", got)
		}
		if got := fileText(t, backupPath(file)+"."+string(rune('1'+n))); got != older {
			t.Errorf("the backup before is %s", got)
		}
	}
	// One that has nothing more than the file is written over.
	write(t, file, `{"mcpServers":{"d":{}}}`)
	install(t, c, m, fixed(), Added)
	if exists(backupPath(file) + ".4") {
		t.Error("a backup without a use is kept")
	}
}

// TestRemoveHandmade: a file that has nothing but an entry which somebody has changed goes,
// but not without a backup.
func TestRemoveHandmade(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	for is, kept := range map[string]bool{
		`"command":"/x/access-policy-mcp"`:                                                           false,
		`"command":"/x/access-policy-mcp","args":["--allow-start"]`:                                  false,
		`"command":"/x/access-policy-mcp","env":{"CLOUDFLARE_ACCOUNT_ID":"a"}`:                       false,
		`"command":"/x/access-policy-mcp","env":{"CLOUDFLARE_API_TOKEN_FILE":` + encoded(gone) + `}`: false,
		`"command":"/x","env":{"CLOUDFLARE_API_TOKEN":"${env:CLOUDFLARE_API_TOKEN}"}`:                false,
		`"command":"/x","env":{"CLOUDFLARE_API_TOKEN":"literal"}`:                                    true,
		`"command":"/x","env":{"A":"b"}`:                                                             true,
		`"command":"/x","timeout":600`:                                                               true,
		`"url": "http://x/mcp" /* mine */`:                                                           true,
		`"url":"http://x/mcp"`:                                                                       false,
		`"url":"http://x/mcp","headers":{"Authorization":"Bearer literal"}`:                          true,
	} {
		c, m := cursor(), here(t)
		file := c.Path(m, User)
		entry, comment, _ := strings.Cut(is, " /*")
		before := laidOut(t, `{"mcpServers":{"access-policy":{`+entry+`}}}`)
		if comment != "" {
			before = strings.Replace(before, entry[1:], entry[1:]+" /*"+comment, 1)
		}
		write(t, file, before)
		result := remove(t, c, m, Removed)
		if exists(file) || (result.Backup != "") != kept || exists(backupPath(file)) != kept || kept && fileText(t, result.Backup) != before {
			t.Errorf("%s: backup %q", is, result.Backup)
		}
	}
	// A backup of such an entry does not go with a file that has been renewed.
	c, m := cursor(), here(t)
	file := c.Path(m, User)
	before := laidOut(t, `{"mcpServers":{"access-policy":{"command":"/x/access-policy-mcp","env":{"CLOUDFLARE_API_TOKEN":"${env:MINE}"}}}}`)
	write(t, file, before)
	install(t, c, m, Server{Command: "/y/access-policy-mcp"}, Renewed)
	write(t, file, c.Block(Server{Command: "/y/access-policy-mcp"}))
	remove(t, c, m, Removed)
	if got := fileText(t, backupPath(file)); got != before {
		t.Errorf("the backup is %s", got)
	}
}

// laidOut is JSON as this program writes it.
func laidOut(t *testing.T, text string) string {
	t.Helper()
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(text), "", "  "); err != nil {
		t.Fatal(err)
	}
	return indented.String() + "\n"
}

// TestBackupInTheWay: what is at the place of the backup, and is no file, stays.
func TestBackupInTheWay(t *testing.T) {
	c, m := cursor(), here(t)
	file := c.Path(m, User)
	write(t, file, "{}")
	if err := os.Mkdir(backupPath(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Install(t.Context(), m, User, fixed(), CommandOptions{}); err == nil || !strings.Contains(err.Error(), "is not a regular file") {
		t.Error(err)
	}
	if fileText(t, file) != "{}" || !exists(backupPath(file)) {
		t.Error("something has changed")
	}
}

// TestAtOnce: several that install at the same time disturb each other no more than any
// other program does, and leave nothing behind.
func TestAtOnce(t *testing.T) {
	c, m := cursor(), here(t)
	file := c.Path(m, User)
	write(t, file, `{"mcpServers":{"other":{}}}`)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := c.Install(t.Context(), m, User, fixed(), CommandOptions{}); err != nil && !errors.Is(err, errChanged) {
				t.Error(err)
			}
			if _, err := c.Remove(m, User); err != nil && !errors.Is(err, errChanged) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	left, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		if name := filepath.Join(filepath.Dir(file), entry.Name()); name != file && !strings.HasPrefix(name, backupPath(file)) || strings.HasSuffix(name, ".new") {
			t.Errorf("%s is left", name)
		}
	}
	if got := fileText(t, file); !strings.Contains(got, `"other"`) {
		t.Error(got)
	}
}

// TestWrittenPrivately: while a file is written, it is for the user alone, whatever the
// umask is, and so is a backup of a file that is new.
func TestWrittenPrivately(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	folder := t.TempDir()
	for _, mode := range []fs.FileMode{0o600, 0o640, 0o666} {
		path := filepath.Join(folder, "a")
		write(t, path, "a")
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		file, err := read(path)
		if err != nil {
			t.Fatal(err)
		}
		opened, _, err := file.openBeside(path, 0o666)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := opened.Stat(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%v: %v %v while it is written", mode, info.Mode(), err)
		}
		_ = opened.Close()
	}
	file := content{path: filepath.Join(folder, "new"), data: []byte("a")}
	if err := file.keepAt(filepath.Join(folder, "backup")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(folder, "backup")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}
