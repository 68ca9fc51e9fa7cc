package credentials

import (
	"context"
	"io/fs"
	"os"
	"sync"
	"time"
)

const (
	// callLimit is how long a call waits for the key ring.
	callLimit = 5 * time.Second
	// forgottenAfter is how long a question to the key ring that is not answered keeps
	// others from being asked: it may have opened a window.
	forgottenAfter = time.Minute
)

// Lookup finds the token for the calls of one process. It keeps what it has found until
// login or logout change it, and nothing of a failure: so both take effect while a server
// runs. It is safe for concurrent use.
type Lookup struct {
	file string
	find func() (Kept, string, error) // may take any time

	mu     sync.Mutex
	latest *question
}

// question is one look for the token.
type question struct {
	asked time.Time
	file  fs.FileInfo   // when it was asked
	done  chan struct{} // closed when there is an answer

	kept  Kept
	token string
	err   error
}

// NewLookup returns a lookup in a store. It asks nothing yet.
func NewLookup(store *Store) *Lookup {
	return &Lookup{file: store.File(), find: func() (Kept, string, error) {
		// The question goes on when its call does not wait any more: the next one gets the answer.
		return store.Token(context.Background(), forgottenAfter)
	}}
}

// Token returns what is kept and the token, which is "" if nothing is kept. It waits a few
// seconds at most. The error is as of [Store.Token].
func (l *Lookup) Token(ctx context.Context) (Kept, string, error) {
	info, err := os.Stat(l.file)
	if err != nil {
		info = nil // nothing is kept, or the question will say what is wrong
	}
	q := l.question(info)
	timer := time.NewTimer(callLimit)
	defer timer.Stop()
	select {
	case <-q.done:
		return q.kept, q.token, q.err
	case <-ctx.Done():
		return Kept{}, "", ctx.Err()
	case <-timer.C:
		return Kept{}, "", lateError(callLimit)
	}
}

// question returns the latest question if its answer counts, and else asks a new one.
func (l *Lookup) question(info fs.FileInfo) *question {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.latest != nil && l.latest.counts(info) {
		return l.latest
	}
	q := &question{asked: time.Now(), file: info, done: make(chan struct{})}
	l.latest = q
	go func() {
		defer close(q.done)
		q.kept, q.token, q.err = l.find()
	}()
	return q
}

// counts reports whether the answer is, or will be, that to the question of a caller who
// sees the file like this.
func (q *question) counts(info fs.FileInfo) bool {
	if !same(q.file, info) {
		return false
	}
	select {
	case <-q.done:
		return q.err == nil && q.token != ""
	default:
		return time.Since(q.asked) < forgottenAfter
	}
}

// same reports whether nobody has written the file in between.
func same(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
