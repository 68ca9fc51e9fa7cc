package history

import (
	"context"
	"slices"
	"sync"
	"time"
)

// pause is the least time between two writes of a process that has much to remember.
const pause = time.Second

// Recorder remembers tests in the background, so that no call waits for the disk. It
// does nothing before the first test. The zero value is not usable; see [NewRecorder].
type Recorder struct {
	store  *Store
	failed func(error)

	mu      sync.Mutex
	pending []Test        // the newest last
	written chan struct{} // closed once nothing is pending; nil while there is nothing
	hurry   chan struct{} // closed by the first Flush
	flushed sync.Once
}

// NewRecorder returns a recorder for a list. failed is told why a test could not be
// remembered.
func NewRecorder(store *Store, failed func(error)) *Recorder {
	return &Recorder{store: store, failed: failed, hurry: make(chan struct{})}
}

// Remember remembers a test soon, and does not wait for it. What comes while the disk is
// slow is put together.
func (r *Recorder) Remember(test Test) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.IndexFunc(r.pending, test.sameAs); i >= 0 {
		test = r.pending[i].merge(test)
		r.pending = slices.Delete(r.pending, i, i+1)
	} else if len(r.pending) == MaxTests {
		r.pending = slices.Delete(r.pending, 0, 1)
	}
	r.pending = append(r.pending, test)
	if r.written == nil {
		r.written = make(chan struct{})
		go r.write()
	}
}

// write writes until nothing is pending.
func (r *Recorder) write() {
	for {
		tests := r.take()
		if tests == nil {
			return
		}
		if err := r.store.Remember(context.Background(), tests...); err != nil {
			r.failed(err)
		}
		select {
		case <-time.After(pause):
		case <-r.hurry:
		}
	}
}

// take takes the tests that are pending.
func (r *Recorder) take() []Test {
	r.mu.Lock()
	defer r.mu.Unlock()
	tests := r.pending
	r.pending = nil
	if tests == nil {
		close(r.written)
		r.written = nil
	}
	return tests
}

// Flush waits until everything has been written, for timeout at most. From then on there
// are no pauses between writes.
func (r *Recorder) Flush(timeout time.Duration) {
	r.flushed.Do(func() { close(r.hurry) })
	r.mu.Lock()
	written := r.written
	r.mu.Unlock()
	if written == nil {
		return
	}
	select {
	case <-written:
	case <-time.After(timeout):
	}
}
