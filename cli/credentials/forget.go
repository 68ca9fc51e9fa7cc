package credentials

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/zalando/go-keyring"
)

// RemainsError says that the token was removed from the key ring, but that the file beside
// it is still there.
type RemainsError struct{ cause error }

// Error says what is wrong with the file.
func (e *RemainsError) Error() string { return e.cause.Error() }

// Unwrap returns that.
func (e *RemainsError) Unwrap() error { return e.cause }

// Forget removes what is kept from the key ring and from the disk, and reports whether
// there was anything. Where nothing is kept it looks into the key ring for a token for
// baseURL all the same. With an error that is no [*RemainsError] nothing has been removed.
func (s *Store) Forget(ctx context.Context, baseURL string) (found bool, err error) {
	doc, broken := s.read()
	found = broken != nil || doc.Storage != ""
	if doc.Storage != InFile {
		removed, err := s.forgetTokens(ctx, doc, broken != nil, baseURL)
		if err != nil && found {
			return true, err
		}
		found = found || removed
	}
	err = s.removeFile()
	if err != nil && doc.Storage != InFile {
		err = &RemainsError{err}
	}
	return found, err
}

// forgetTokens removes what the key ring has: all of this program if the file does not tell
// which of it is in use.
func (s *Store) forgetTokens(ctx context.Context, doc document, broken bool, baseURL string) (removed bool, err error) {
	if doc.BaseURL != "" {
		baseURL = doc.BaseURL
	}
	_, err = s.askKeyRing(ctx, PersonLimit, func() (string, error) {
		if broken {
			return "", keyring.DeleteAll(service)
		}
		return "", keyring.Delete(service, baseURL)
	})
	if errors.Is(err, keyring.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// removeFile removes the file, what it is a link to, and what is left of logins that were
// killed, with a token in it perhaps.
func (s *Store) removeFile() error {
	target := s.target()
	for _, file := range []string{target, s.File()} {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s cannot be removed: %w", file, withoutPath(err))
		}
	}
	folder := filepath.Dir(target)
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if unfinished.MatchString(entry.Name()) && entry.Type().IsRegular() {
			_ = os.Remove(filepath.Join(folder, entry.Name()))
		}
	}
	if s.ownFolder() {
		_ = os.Remove(s.folder) // which fails unless it is empty
	}
	return nil
}

// unfinished are the names that files have while they are written.
var unfinished = regexp.MustCompile(`^` + regexp.QuoteMeta(fileName) + `\.[0-9]+$`)
