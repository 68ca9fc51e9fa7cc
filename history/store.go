package history

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

const (
	fileName = "tests.json"
	lockName = "tests.lock"

	// maxFile is far more than the list has, in bytes.
	maxFile = 4 << 20
	// lockTime is how long a writer waits for those before it. Each takes some
	// milliseconds.
	lockTime  = 3 * time.Second
	lockRetry = 5 * time.Millisecond
)

// Store is the list on disk. Its methods are safe for concurrent use, also by several
// processes. Their errors are those of the file system, and of waiting for other
// processes.
type Store struct{ folder string }

// NewStore returns the list in a folder, mostly that of [Folder]. It touches nothing on
// disk: the folder need not exist.
func NewStore(folder string) *Store { return &Store{folder} }

// Tests returns the list, the newest first. There is no error if there is no file. What
// can be read comes with a [BrokenError] and with [ErrNewer] too.
func (s *Store) Tests() ([]Test, error) {
	file, err := followLinks(filepath.Join(s.folder, fileName))
	if err != nil {
		return nil, err
	}
	doc, broken, err := read(file)
	switch {
	case err != nil:
	case doc.newer:
		err = newerError(file)
	case broken:
		err = &BrokenError{File: file}
	}
	return doc.tests(), err
}

// Remember adds tests, or what is new of those that are in the list. With a
// [BrokenError] it has done so.
func (s *Store) Remember(ctx context.Context, tests ...Test) error {
	return s.update(ctx, func(doc *document) bool {
		for _, test := range tests {
			doc.remember(test)
		}
		return len(tests) > 0
	})
}

// Claim adds a test, unless there is one with the same ID. It reports whether it did. Of
// several processes that claim an ID only one gets it. With a [BrokenError] it has done
// so too.
func (s *Store) Claim(ctx context.Context, test Test) (added bool, err error) {
	err = s.update(ctx, func(doc *document) bool {
		added = !slices.ContainsFunc(doc.tests(), test.sameAs)
		if added {
			doc.remember(test)
		}
		return added
	})
	return added, err
}

// update reads the file, and writes it again if change has changed anything, while no
// other process does. What was broken is put aside.
func (s *Store) update(ctx context.Context, change func(*document) bool) error {
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return err
	}
	_ = os.Chmod(s.folder, 0o700) //nolint:gosec // folders need x; the file itself is for its owner alone in any case
	ctx, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	lock := flock.New(filepath.Join(s.folder, lockName), flock.SetPermissions(0o600))
	defer func() { _ = lock.Close() }()
	if _, err := lock.TryLockContext(ctx, lockRetry); errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("another process holds %s: %w", lock.Path(), err)
	} else if err != nil {
		return fmt.Errorf("%s: %w", lockName, err)
	}
	file, err := followLinks(filepath.Join(s.folder, fileName))
	if err != nil {
		return err
	}
	doc, broken, err := read(file)
	if err != nil {
		return err
	}
	if doc.newer {
		return newerError(file)
	}
	doc.notAfter(time.Now())
	if !change(&doc) {
		return nil
	}
	data, err := doc.encode()
	if err != nil {
		return err
	}
	aside := ""
	if broken {
		aside = freeName(file)
	}
	if err := replace(file, data, aside); err != nil || !broken {
		return err
	}
	return &BrokenError{file, aside}
}

// maxLinks is how long a chain of symbolic links may be.
const maxLinks = 10

// followLinks returns the file that a path leads to, which need not exist. A link is
// somebody's choice of where to keep the list: it must not be replaced by a file.
func followLinks(path string) (string, error) {
	for range maxLinks {
		link, err := os.Readlink(path)
		if err != nil {
			return path, nil //nolint:nilerr // it is no link, or not there
		}
		if !filepath.IsAbs(link) {
			link = filepath.Dir(path) + string(filepath.Separator) + link
		}
		path = link
	}
	return "", errors.New(fileName + ": too many symbolic links")
}

// read reads a file, which need not exist, and reports whether it is broken. Only
// regular files are opened: others may block.
func read(path string) (doc document, broken bool, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		doc, err = decode(nil)
		return doc, false, err
	}
	if err != nil {
		return doc, false, err
	}
	if !info.Mode().IsRegular() {
		return doc, false, errors.New(path + " is not a regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return doc, false, err
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return doc, false, err
	}
	doc, err = decode(data)
	return doc, err != nil, nil
}

// replace puts data into the place of a file in one step, whatever happens on the way.
// The old file is kept under the name aside, unless that is "".
func replace(path string, data []byte, aside string) error {
	// The name is always the same, so that a process that was killed leaves one such
	// file at most. Only the owner of the lock gets here.
	temporary := path + ".new"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeFile(temporary, data); err != nil {
		_ = os.Remove(temporary)
		return err
	}
	if aside != "" {
		if err := rename(path, aside); err != nil {
			_ = os.Remove(temporary)
			return err
		}
	}
	return rename(temporary, path)
}

// writeFile writes a new file to the disk itself: otherwise a crash of the machine could
// leave an empty file in the place of the old one.
func writeFile(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Sync(), file.Close())
}

// rename replaces a file. On Windows that fails while another process reads it, which
// does not last.
func rename(from, to string) error {
	err := os.Rename(from, to)
	for attempt := 0; runtime.GOOS == "windows" && errors.Is(err, fs.ErrPermission) && attempt < 20; attempt++ {
		time.Sleep(10 * time.Millisecond)
		err = os.Rename(from, to)
	}
	return err
}
