package credentials

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// keyRing is one that answers when it is told to.
type keyRing struct {
	asked   atomic.Int32
	answers chan error // nil for a token
}

// newLookup returns a lookup whose token is in a key ring, and writes its file anew.
func newLookup(t *testing.T) (*Lookup, *keyRing, func()) {
	t.Helper()
	ring := &keyRing{answers: make(chan error, 10)}
	l := &Lookup{file: filepath.Join(t.TempDir(), "file"), find: func() (Kept, string, error) {
		ring.asked.Add(1)
		err := <-ring.answers
		if err != nil {
			return Kept{}, "", err
		}
		return Kept{Storage: KeyRing}, "token", nil
	}}
	login := func() {
		if err := errors.Join(os.WriteFile(l.file+".new", nil, 0o600), os.Rename(l.file+".new", l.file)); err != nil {
			t.Fatal(err)
		}
	}
	login()
	return l, ring, login
}

func wantToken(t *testing.T, l *Lookup) {
	t.Helper()
	if kept, token, err := l.Token(t.Context()); err != nil || token != "token" || kept.Storage != KeyRing {
		t.Errorf("%+v, %q, %v", kept, token, err)
	}
}

// TestLookupKeepsSuccesses, and nothing of failures.
func TestLookupKeepsSuccesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, ring, login := newLookup(t)
		away := errors.New("away")
		for range 2 {
			ring.answers <- away
			if _, _, err := l.Token(t.Context()); !errors.Is(err, away) {
				t.Errorf("the error is %v", err)
			}
		}
		ring.answers <- nil
		for range 3 {
			wantToken(t, l)
		}
		if ring.asked.Load() != 3 {
			t.Errorf("asked %d times", ring.asked.Load())
		}
		login()
		ring.answers <- nil
		wantToken(t, l)
		if ring.asked.Load() != 4 {
			t.Errorf("asked %d times after another login", ring.asked.Load())
		}
		if err := os.Remove(l.file); err != nil {
			t.Fatal(err)
		}
		ring.answers <- errors.New("logged out")
		if _, token, err := l.Token(t.Context()); err == nil {
			t.Errorf("after a logout the token is %q", token)
		}
	})
}

// TestLookupThatHangs ends soon, and its answer is there for later calls. Nothing is asked
// twice at a time.
func TestLookupThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, ring, _ := newLookup(t)
		began := time.Now()
		done := make(chan struct{})
		for range 10 {
			go func() {
				_, _, err := l.Token(t.Context())
				if _, ok := errors.AsType[*KeyRingError](err); !ok || !strings.Contains(err.Error(), "has not answered within 5s") {
					t.Errorf("the error is %v", err)
				}
				done <- struct{}{}
			}()
		}
		for range 10 {
			<-done
		}
		if took := time.Since(began); took != callLimit || ring.asked.Load() != 1 {
			t.Errorf("%v, asked %d times", took, ring.asked.Load())
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := l.Token(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		ring.answers <- nil // somebody has typed the password
		synctest.Wait()
		wantToken(t, l)
		if ring.asked.Load() != 1 {
			t.Errorf("asked %d times", ring.asked.Load())
		}
	})
}

// TestLookupIsAskedAgain once the key ring has not answered for a minute.
func TestLookupIsAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, ring, _ := newLookup(t)
		if _, _, err := l.Token(t.Context()); err == nil {
			t.Error("no error")
		}
		time.Sleep(forgottenAfter)
		go func() {
			time.Sleep(time.Second)
			ring.answers <- errors.New("too late") // to the first question
			ring.answers <- nil
		}()
		wantToken(t, l)
		if ring.asked.Load() != 2 {
			t.Errorf("asked %d times", ring.asked.Load())
		}
	})
}

// TestHangingKeyRing ends the wait of a command, and that of one that is interrupted.
func TestHangingKeyRing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &Store{bus: true}
		never := make(chan struct{})
		hang := func() (string, error) { <-never; return "", nil }
		_, err := store.askKeyRing(t.Context(), PersonLimit, hang)
		if _, ok := errors.AsType[*KeyRingError](err); !ok {
			t.Errorf("the error is %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		if _, err := store.askKeyRing(ctx, PersonLimit, hang); !errors.Is(err, context.Canceled) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		close(never)
	})
}
