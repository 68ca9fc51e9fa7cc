//go:build unix

package clients

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a file the owner of another, for a superuser who acts for somebody.
func keepOwner(path string, original fs.FileInfo) error {
	wanted, ok := original.Sys().(*syscall.Stat_t)
	info, err := os.Stat(path)
	if err != nil || !ok {
		return err
	}
	if is, ok := info.Sys().(*syscall.Stat_t); ok && is.Uid == wanted.Uid && is.Gid == wanted.Gid {
		return nil
	}
	return os.Chown(path, int(wanted.Uid), int(wanted.Gid))
}
