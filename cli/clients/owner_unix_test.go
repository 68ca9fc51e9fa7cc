//go:build unix

package clients

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"
)

// TestOwner: what a superuser changes for somebody stays theirs.
func TestOwner(t *testing.T) {
	const user, group = 1234, 2345
	c, m := cursor(), here(t)
	file := c.Path(m, User)
	write(t, file, "{}")
	if err := os.Chown(file, user, group); err != nil {
		t.Skip("this takes a superuser")
	}
	result := install(t, c, m, fixed(), Added)
	for _, path := range []string{file, result.Backup} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if is := info.Sys().(*syscall.Stat_t); is.Uid != user || is.Gid != group || info.Mode() != 0o600 {
			t.Errorf("%s: %d %d %v", path, is.Uid, is.Gid, info.Mode())
		}
	}
}

// TestForeignGroup: a group that the user is not in loses its access instead of the user
// theirs, and another owner is an error.
func TestForeignGroup(t *testing.T) {
	refused := &fs.PathError{Op: "chown", Err: syscall.EPERM}
	if mode, err := modeAfter(refused, true, 0o664); mode != 0o604 || err != nil {
		t.Errorf("%v %v", mode, err)
	}
	if _, err := modeAfter(refused, false, 0o664); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	if mode, err := modeAfter(nil, true, 0o664); mode != 0o664 || err != nil {
		t.Errorf("%v %v", mode, err)
	}
}
