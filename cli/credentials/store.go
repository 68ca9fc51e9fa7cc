package credentials

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/zalando/go-keyring"
)

const (
	fileName = "credentials.json"
	maxFile  = 64 << 10 // far more than the file has, in bytes
)

// Store is the file and the key ring. Its methods are safe for concurrent use; of two
// writers at a time the last one wins.
type Store struct {
	folder string
	bus    bool // there is a way to the key ring
}

// NewStore returns the store in a folder, mostly that of [Folder], with the key ring that
// the environment leads to. It touches nothing: the folder need not exist.
func NewStore(folder string, variable func(name string) string) *Store {
	return &Store{folder: folder, bus: hasBus(variable)}
}

// File is the path of the file.
func (s *Store) File() string { return filepath.Join(s.folder, fileName) }

// Read returns what is kept, without asking the key ring. It is the zero value if nothing
// is. The error names the file and says what is wrong with it.
func (s *Store) Read() (Kept, error) {
	doc, err := s.read()
	return doc.Kept, err
}

func (s *Store) read() (document, error) {
	doc, err := readDocument(s.File())
	if err != nil {
		err = fmt.Errorf("%s %w", s.File(), err)
	}
	return doc, err
}

// readDocument reads a file, which need not exist. Only regular files are opened: others
// may block.
func readDocument(path string) (document, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return document{}, nil
	}
	if err != nil {
		return document{}, fmt.Errorf("cannot be read: %w", withoutPath(err))
	}
	if !info.Mode().IsRegular() {
		return document{}, errors.New("is not a regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return document{}, fmt.Errorf("cannot be read: %w", withoutPath(err))
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return document{}, fmt.Errorf("cannot be read: %w", withoutPath(err))
	}
	return decode(data)
}

// withoutPath is what went wrong with a file, without its path.
func withoutPath(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}

// Token returns the token that is kept. It waits for the key ring for limit at most. The
// error is that of [Store.Read], a [*KeyRingError], that of ctx, or says that there is no
// token.
func (s *Store) Token(ctx context.Context, limit time.Duration) (Kept, string, error) {
	doc, err := s.read()
	if err != nil || doc.Storage != KeyRing {
		return doc.Kept, doc.Token, err
	}
	token, err := s.askKeyRing(ctx, limit, func() (string, error) { return keyring.Get(service, doc.BaseURL) })
	if errors.Is(err, keyring.ErrNotFound) {
		err = errors.New("the system's key ring has no token of this program any more")
	}
	return doc.Kept, token, err
}

// Keep keeps a token in the place of what is kept, or fails and leaves that as it is.
func (s *Store) Keep(ctx context.Context, kept Kept, token string) error {
	doc := document{Kept: kept}
	if kept.Storage == InFile {
		doc.Token = token
	}
	before, _ := s.read() // what is broken is replaced
	replace, discard, err := s.prepare(doc)
	if err != nil {
		return err
	}
	undo := func() {}
	if kept.Storage == KeyRing {
		if undo, err = s.put(ctx, kept.BaseURL, token); err != nil {
			discard()
			return err
		}
	}
	if err := replace(); err != nil {
		undo()
		discard()
		return fmt.Errorf("%s cannot be written: %w", s.File(), withoutPath(err))
	}
	if before.Storage == KeyRing && (kept.Storage != KeyRing || before.BaseURL != kept.BaseURL) {
		return s.forgetToken(ctx, before.BaseURL)
	}
	return nil
}

// put puts a token into the key ring, and returns what takes it out again.
func (s *Store) put(ctx context.Context, user, token string) (undo func(), err error) {
	before, err := s.askKeyRing(ctx, PersonLimit, func() (string, error) { return keyring.Get(service, user) })
	if err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return nil, err
	}
	if _, err := s.askKeyRing(ctx, PersonLimit, func() (string, error) { return "", keyring.Set(service, user, token) }); err != nil {
		return nil, err
	}
	return func() {
		ctx := context.WithoutCancel(ctx)
		_, _ = s.askKeyRing(ctx, PersonLimit, func() (string, error) {
			if before == "" {
				return "", keyring.Delete(service, user)
			}
			return "", keyring.Set(service, user, before)
		})
	}, nil
}

// forgetToken removes a token from the key ring that is not in use any more.
func (s *Store) forgetToken(ctx context.Context, user string) error {
	_, err := s.askKeyRing(ctx, PersonLimit, func() (string, error) { return "", keyring.Delete(service, user) })
	if err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return &LeftoverError{err}
	}
	return nil
}

// LeftoverError says that a token was kept, but that the one before is still in the key
// ring, where nobody looks for it any more.
type LeftoverError struct{ cause error }

// Error says so.
func (e *LeftoverError) Error() string {
	return "the token before this one is still in the key ring: " + e.cause.Error()
}

// Unwrap returns why.
func (e *LeftoverError) Unwrap() error { return e.cause }

// prepare writes a document beside the file. replace puts it into its place in one step;
// discard takes back what prepare has done, and is for when that fails.
func (s *Store) prepare(doc document) (replace func() error, discard func(), err error) {
	failed := func(err error) (func() error, func(), error) {
		return nil, nil, fmt.Errorf("%s cannot be written: %w", s.File(), withoutPath(err))
	}
	data, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return failed(err)
	}
	target := s.target()
	_, absent := os.Lstat(s.folder)
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return failed(err)
	}
	s.closeFolder()
	file, err := os.CreateTemp(filepath.Dir(target), fileName+".*") // mode 0600
	if err != nil {
		return failed(err)
	}
	discard = func() {
		_ = os.Remove(file.Name())
		if absent != nil {
			_ = os.Remove(s.folder) // which fails unless it is empty
		}
	}
	_, err = file.Write(append(data, '\n'))
	// Synced, because a crash of the machine could leave an empty file otherwise.
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		discard()
		return failed(err)
	}
	return func() error { return os.Rename(file.Name(), target) }, discard, nil
}

// target is where the file really is: a link is somebody's choice of where to keep it.
func (s *Store) target() string {
	if target, err := filepath.EvalSymlinks(s.File()); err == nil {
		return target
	}
	return s.File()
}

// ownFolder reports whether the folder is one, and no link to a folder that may be for other
// things too.
func (s *Store) ownFolder() bool {
	info, err := os.Lstat(s.folder)
	return err == nil && info.IsDir()
}

// closeFolder closes a folder that others have made to all but its owner. The file is for
// its owner alone in any case.
func (s *Store) closeFolder() {
	if s.ownFolder() {
		_ = os.Chmod(s.folder, 0o700) //nolint:gosec // folders need x
	}
}
