package watch

import (
	"context"
	"errors"
	"time"

	"access-policy-mcp/cfapi"
)

// How long answers serve further callers.
const (
	// freshFor is for a test that has not finished.
	freshFor = time.Second
	// finishedFor is for one that has: it will not change.
	finishedFor = time.Minute
)

// unknownPace is what callers are told who ask once: nothing is known yet of how
// fast the test moves.
const unknownPace = 5 * time.Second

// key names a test.
type key struct{ accountID, policyTestID string }

// test is one that somebody asks for or has asked for lately. All of it is
// guarded by the watcher's mutex.
type test struct {
	key      key
	snapshot Snapshot
	pace     pace
	polls    int           // that have come back
	changed  chan struct{} // closed by the next one

	callers   int       // who want the request under way
	waiters   int       // who want all requests to come
	idleSince time.Time // while there are no callers

	flight *flight     // the request under way; nil if there is none
	next   *time.Timer // starts the next one; nil if none is planned
}

// flight is a request under way.
type flight struct {
	cancel context.CancelFunc
	sentAt time.Time // zero while it waits for the budget
}

// fresh reports whether the snapshot answers a caller without another request.
func (t *test) fresh() bool {
	s := t.snapshot
	if !s.Known() || s.Failure != nil {
		return false
	}
	if s.Answer.Result.Status.Finished() {
		return time.Since(s.ReadAt) < finishedFor
	}
	return time.Since(s.ReadAt) < freshFor
}

// slow is after how long a request without an answer counts as failed for those
// who have older figures.
const slow = 3 * time.Second

// current is the snapshot, with a request that has long been under way as its
// failure.
func (t *test) current() Snapshot {
	s := t.snapshot
	if s.Known() && s.Failure == nil && !s.ended() && t.flight != nil && !t.flight.sentAt.IsZero() && time.Since(t.flight.sentAt) > slow {
		s.Failure = &cfapi.Error{Kind: cfapi.Timeout, Summary: "no answer yet"}
	}
	return s
}

// watched reports whether the test is being polled.
func (t *test) watched() bool { return t.flight != nil || t.next != nil }

// fetch starts a request unless one is under way.
func (w *Watcher) fetch(t *test) {
	if t.flight != nil {
		return
	}
	if t.next != nil {
		t.next.Stop()
		t.next = nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.flight = &flight{cancel: cancel}
	go w.poll(ctx, t, t.flight)
}

// poll makes a request for everybody who wants to know. Once nobody does, it is
// canceled and no longer the test's flight.
func (w *Watcher) poll(ctx context.Context, t *test, f *flight) {
	defer f.cancel()
	if w.budget.take(ctx) != nil {
		return // canceled
	}
	w.mu.Lock()
	f.sentAt = time.Now()
	w.mu.Unlock()
	answer, err := w.client.GetPolicyTest(ctx, t.key.accountID, t.key.policyTestID)
	failure, _ := errors.AsType[*cfapi.Error](err)

	w.budget.learn(answer.RateLimit, failure)

	w.mu.Lock()
	defer w.mu.Unlock()
	if t.flight != f {
		return
	}
	t.flight = nil
	t.update(answer, failure)
	t.snapshot.Next = max(w.interval(t), w.budget.closedFor())
	if t.waiters > 0 && !t.snapshot.ended() {
		t.next = time.AfterFunc(max(jittered(w.interval(t)), w.budget.closedFor()), func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			if t.waiters > 0 {
				w.fetch(t)
			}
		})
	}
}

// update takes over what a request brought and wakes those who wait for it.
func (t *test) update(answer cfapi.Answer[cfapi.PolicyTest], failure *cfapi.Error) {
	t.snapshot.Failure = failure
	if failure == nil {
		now := time.Now()
		t.snapshot.Answer, t.snapshot.ReadAt = answer, now
		t.pace.observe(now, answer.Result.PercentUsersProcessed)
	}
	t.polls++
	close(t.changed)
	t.changed = make(chan struct{})
}

// interval is the time between two polls of t: its pace, or more if the budget
// has to do for many.
func (w *Watcher) interval(t *test) time.Duration {
	d := t.pace.interval()
	if t.pace.samples < 2 && t.waiters == 0 {
		d = unknownPace
	}
	return max(d, w.budget.interval(w.watched))
}
