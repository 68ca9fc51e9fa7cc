//go:build unix

package clients

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// keepAccess gives a file the owner and the mode of another. The owner is another than that
// of this process for a superuser who acts for somebody.
func keepAccess(file *os.File, original fs.FileInfo) error {
	mode := original.Mode().Perm()
	wanted, ok := original.Sys().(*syscall.Stat_t)
	info, err := file.Stat()
	if err != nil {
		return err
	}
	is, known := info.Sys().(*syscall.Stat_t)
	if ok && known && (is.Uid != wanted.Uid || is.Gid != wanted.Gid) {
		err := file.Chown(int(wanted.Uid), int(wanted.Gid))
		if mode, err = modeAfter(err, is.Uid == wanted.Uid, mode); err != nil {
			return err
		}
	}
	return file.Chmod(mode)
}

// modeAfter is the mode of a file after an attempt to give it an owner and a group. Who is
// not in the group must not give it to that, and then the group that it has instead gets
// no access by it.
func modeAfter(err error, sameUser bool, mode fs.FileMode) (fs.FileMode, error) {
	if sameUser && errors.Is(err, fs.ErrPermission) {
		return mode &^ 0o070, nil
	}
	return mode, err
}
