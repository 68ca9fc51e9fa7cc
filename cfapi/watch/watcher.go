package watch

import (
	"context"
	"errors"
	"sync"
	"time"

	"access-policy-mcp/cfapi"
)

// maxTests bounds how many tests a watcher remembers.
const maxTests = 10_000

// How long a caller waits for a first answer.
const (
	minPatience   = 10 * time.Second // at least, however short the wait
	maxPatience   = 30 * time.Second // at most, when it is the only one wanted
	drainPatience = 3 * time.Second  // once the watcher is drained
)

// How often a waiting caller hears of it.
const (
	heartbeat = 15 * time.Second
	// quiet is the time before the end of the wait in which it no longer does.
	quiet = time.Second
)

// Watcher shares requests among callers. It is safe for concurrent use.
type Watcher struct {
	client *cfapi.Client
	budget *budget

	drainOnce sync.Once
	draining  chan struct{}

	mu      sync.Mutex
	tests   map[key]*test
	watched int // tests with waiters
	swept   time.Time
}

// New returns a watcher that makes at most so many requests with client in any 5
// minutes.
func New(client *cfapi.Client, requestsPer5Minutes int) *Watcher {
	b := newBudget(requestsPer5Minutes)
	return &Watcher{
		client:   client.AllowingRetries(b.tryTake),
		budget:   b,
		draining: make(chan struct{}),
		tests:    map[key]*test{},
	}
}

// Drain makes everybody who waits, now or later, return with what there is.
func (w *Watcher) Drain() { w.drainOnce.Do(func() { close(w.draining) }) }

// Get returns the state of a test, at most a second old unless the test has
// finished. The error is a [*cfapi.Error].
func (w *Watcher) Get(ctx context.Context, accountID, policyTestID string) (Snapshot, error) {
	t, err := w.join(key{accountID, policyTestID}, false)
	if err != nil {
		return Snapshot{}, err
	}
	defer w.leave(t, false)

	w.mu.Lock()
	if t.fresh() {
		defer w.mu.Unlock()
		return t.snapshot, nil
	}
	if w.budget.closedFor() > 0 && (t.flight == nil || t.flight.sentAt.IsZero()) {
		defer w.mu.Unlock()
		return Snapshot{}, w.budget.refusal()
	}
	w.fetch(t)
	changed := t.changed
	w.mu.Unlock()

	timer := time.NewTimer(maxPatience)
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-w.draining:
		timer.Reset(drainPatience)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			return Snapshot{}, contextError(ctx)
		}
	case <-ctx.Done():
		return Snapshot{}, contextError(ctx)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-changed:
	default:
		return Snapshot{}, w.noAnswer(t)
	}
	if t.snapshot.Failure != nil {
		return Snapshot{}, t.snapshot.Failure
	}
	return t.snapshot, nil
}

// Wait returns the state of a test once it has ended, its status is one that
// nobody knows, limit has passed or the watcher is drained. Failures that may
// pass do not end it: a snapshot with a Failure is older than it. The error is a
// [*cfapi.Error]: one that will not pass, or the last one if there never was an
// answer.
//
// Until then report, unless nil, is called with each new state, and at least
// every 15 s with the last one, though not in the last second before limit.
func (w *Watcher) Wait(ctx context.Context, accountID, policyTestID string, limit time.Duration, report func(Snapshot)) (Snapshot, error) {
	t, err := w.join(key{accountID, policyTestID}, true)
	if err != nil {
		return Snapshot{}, err
	}
	defer w.leave(t, true)

	began := time.Now()
	// A first answer may take longer than a short wait.
	patience := max(limit, minPatience)
	draining := w.draining
	timer := time.NewTimer(limit)
	defer timer.Stop()
	beat := time.NewTimer(heartbeat)
	defer beat.Stop()
	seen := w.start(t)
	for {
		w.mu.Lock()
		snapshot, polls, changed := t.current(), t.polls, t.changed
		w.mu.Unlock()
		isNew := polls != seen
		seen = polls
		left := limit - time.Since(began)
		switch {
		case isNew && snapshot.ended(), left <= 0 && (snapshot.Known() || snapshot.Failure != nil):
			return result(snapshot)
		case !snapshot.Known() && w.budget.closedFor() > max(left, 0):
			return Snapshot{}, w.budget.refusal()
		case isNew && snapshot.Known() && left > quiet && report != nil:
			report(snapshot)
			beat.Reset(heartbeat)
		}
		select {
		case <-changed:
		case <-beat.C:
			if limit-time.Since(began) > quiet && report != nil {
				report(snapshot)
			}
			beat.Reset(heartbeat)
		case <-timer.C:
			if time.Since(began) >= patience {
				return w.timeUp(t)
			}
			timer.Reset(patience - time.Since(began))
		case <-draining:
			draining = nil
			limit = time.Since(began)
			patience = min(patience, limit+drainPatience)
			timer.Reset(patience - limit)
		case <-ctx.Done():
			return Snapshot{}, contextError(ctx)
		}
	}
}

// start makes sure that t is polled, and returns how many polls had come back
// before the first whose result is of this wait. A test that is being polled, or
// has just been, need not be asked for again.
func (w *Watcher) start(t *test) (seen int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.fresh() || t.waiters > 1 && t.snapshot.Known() && t.snapshot.Failure == nil {
		if !t.watched() && !t.snapshot.ended() {
			w.fetch(t)
		}
		return t.polls - 1
	}
	if t.waiters == 1 {
		t.snapshot = Snapshot{} // nobody has watched since: it may be of any age
	}
	w.fetch(t)
	return t.polls
}

// timeUp is the end of a wait that saw no end of the test.
func (w *Watcher) timeUp(t *test) (Snapshot, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !t.snapshot.Known() && t.snapshot.Failure == nil {
		return Snapshot{}, w.noAnswer(t)
	}
	return result(t.current())
}

// result is an error only if it will not pass or there is nothing else.
func result(s Snapshot) (Snapshot, error) {
	if s.Failure != nil && (!s.Known() || !s.Failure.Temporary()) {
		return Snapshot{}, s.Failure
	}
	return s, nil
}

// noAnswer is the error of a request that is still under way.
func (w *Watcher) noAnswer(t *test) error {
	if t.flight != nil && t.flight.sentAt.IsZero() {
		return w.budget.refusal()
	}
	return &cfapi.Error{Kind: cfapi.Timeout, Summary: "no answer in time"}
}

// contextError words the end of a caller's context.
func contextError(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &cfapi.Error{Kind: cfapi.Timeout, Summary: "no answer in time"}
	}
	return &cfapi.Error{Kind: cfapi.Canceled, Summary: "the call was canceled"}
}

// join counts a caller in. The error says that there are too many tests.
func (w *Watcher) join(k key, waits bool) (*test, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.tests[k]
	if t == nil {
		if !w.makeRoom() {
			return nil, &cfapi.Error{Kind: cfapi.RateLimited, Summary: "too many policy tests are being watched", RetryAfter: time.Minute}
		}
		t = &test{key: k, changed: make(chan struct{})}
		w.tests[k] = t
	}
	t.callers++
	if waits {
		t.waiters++
		if t.waiters == 1 {
			w.watched++
		}
	}
	return t, nil
}

// leave counts a caller out. With the last waiter the polling ends, with the
// last caller the request that is under way.
func (w *Watcher) leave(t *test, waits bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if waits {
		t.waiters--
		if t.waiters == 0 {
			w.watched--
			if t.next != nil {
				t.next.Stop()
				t.next = nil
			}
		}
	}
	t.callers--
	if t.callers == 0 {
		t.idleSince = time.Now()
		if t.flight != nil {
			t.flight.cancel()
			t.flight = nil
		}
	}
}

// makeRoom forgets tests that nobody has asked for in a while, and reports
// whether there is room for one more.
func (w *Watcher) makeRoom() bool {
	if len(w.tests) < maxTests && time.Since(w.swept) < finishedFor {
		return true
	}
	w.swept = time.Now()
	for k, t := range w.tests {
		if t.callers == 0 && time.Since(t.idleSince) >= finishedFor {
			delete(w.tests, k)
		}
	}
	for k, t := range w.tests {
		if len(w.tests) < maxTests {
			break
		}
		if t.callers == 0 {
			delete(w.tests, k)
		}
	}
	return len(w.tests) < maxTests
}
