package clients

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxFile is the largest file that is looked at, in bytes: Claude Code keeps a history in
// its own.
const maxFile = 64 << 20

// content is a file as it was read.
type content struct {
	path   string // with all links resolved
	data   []byte
	exists bool
	info   fs.FileInfo // nil if it does not exist
}

// read reads a file. Only regular files are opened: others may block. The error of a file
// that does not exist is [fs.ErrNotExist].
func read(path string) (content, error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		if link, linkErr := os.Lstat(path); linkErr == nil && link.Mode()&fs.ModeSymlink != 0 {
			return content{}, fmt.Errorf("%s is a link to a file that does not exist", path)
		}
		return content{path: path}, err
	}
	info, err := os.Stat(target)
	if err != nil {
		return content{}, err
	}
	if !info.Mode().IsRegular() {
		return content{}, errors.New(path + " is not a regular file")
	}
	if info.Size() > maxFile {
		return content{}, fmt.Errorf("%s is larger than %d MiB", path, maxFile>>20)
	}
	file, err := os.Open(target)
	if err != nil {
		return content{}, err
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxFile))
	return content{path: target, data: data, exists: true, info: info}, err
}

// readOrNew is read for a file that may be missing.
func readOrNew(path string) (content, error) {
	c, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return content{path: path}, nil
	}
	return c, err
}

// readOnly reports whether a file must not be replaced. Whoever may write to the folder
// could replace it all the same, so its own mode counts.
func (c content) readOnly() bool { return c.exists && c.info.Mode().Perm()&0o200 == 0 }

// unchanged reports whether the file is still as it was read.
func (c content) unchanged() bool {
	now, err := readOrNew(c.path)
	return err == nil && now.exists == c.exists && bytes.Equal(now.data, c.data)
}

// errChanged is about a file that somebody else writes all the time.
var errChanged = errors.New("the file was changed by another program in the meantime")

// replace puts data into the place of the file in one step, as readable as that was. A new
// file is for the user alone, unless it is one that a project shares.
func (c content) replace(data []byte, shared bool) error {
	folder, mode := fs.FileMode(0o700), fs.FileMode(0o600)
	if shared {
		folder, mode = 0o755, 0o644 // less what the umask takes
	}
	if err := os.MkdirAll(filepath.Dir(c.path), folder); err != nil {
		return err
	}
	temporary, err := c.writeBeside(data, c.path, mode)
	if err != nil {
		return err
	}
	if !c.unchanged() {
		_ = os.Remove(temporary)
		return errChanged
	}
	return moved(temporary, c.path)
}

// keepAt writes the file as it is to another path, in one step.
func (c content) keepAt(path string) error {
	temporary, err := c.writeBeside(c.data, path, 0o600)
	if err != nil {
		return err
	}
	return moved(temporary, path)
}

// moved gives a file its final name.
func moved(temporary, path string) error {
	err := os.Rename(temporary, path)
	if err != nil {
		_ = os.Remove(temporary)
	}
	return err
}

// writeBeside writes a file beside a path, with the owner and the mode of the original, or
// with mode if there is none.
func (c content) writeBeside(data []byte, path string, mode fs.FileMode) (string, error) {
	file, temporary, err := c.openBeside(path, mode)
	if err != nil {
		return "", err
	}
	_, err = file.Write(data)
	if err == nil && c.info != nil {
		err = keepAccess(file, c.info)
	}
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		_ = os.Remove(temporary)
	}
	return temporary, err
}

// openBeside makes a file beside a path. It never is more readable than the original, not
// even while it is written, and has a name of its own, so that several may be written at
// once.
func (c content) openBeside(path string, mode fs.FileMode) (file *os.File, temporary string, err error) {
	temporary = path + "." + strings.ToLower(rand.Text()) + ".new"
	if c.info != nil {
		mode = 0o600 & c.info.Mode().Perm()
	}
	file, err = os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode|0o200)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", errChanged // somebody has removed the folder
	}
	return file, temporary, err
}
