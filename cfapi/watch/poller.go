package watch

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/internal/stack"
)

// How long answers serve further callers.
const (
	// freshFor is for a test that has not finished.
	freshFor = time.Second
	// finishedFor is for one that has: it will not change, but no figures older than
	// this are given for current ones.
	finishedFor = 15 * time.Second
)

// unknownPace is what callers are told who ask once: nothing is known yet of how
// fast the test moves.
const unknownPace = 5 * time.Second

// slowAfter is after how long a request without an answer counts as failed for
// those who have older figures.
const slowAfter = 3 * time.Second

// untilCanceled is the patience of a poll: it ends with its callers.
const untilCanceled = time.Duration(math.MaxInt64)

// key names a test.
type key struct{ accountID, policyTestID string }

// poller asks for the state of one test, on behalf of all who want to know it. All
// of it is guarded by the watcher's mutex.
type poller struct {
	key      key
	snapshot *Snapshot // never changed, but replaced
	outdated bool      // the snapshot is too old for those who wait; until the next poll
	pace     pace
	polls    int           // that have come back
	changed  chan struct{} // closed by the next one; nil while nobody waits for that

	callers int // who want the request under way
	waiters int // of these, who want all requests to come

	idleSince time.Time     // while there are no callers
	idle      *list.Element // its place among the idle ones; nil while there are callers

	request *request    // under way; nil if there is none
	next    *time.Timer // starts the next one; nil if none is planned
}

// request is one under way.
type request struct {
	ctx       context.Context // ends when nobody wants the answer any more
	cancel    context.CancelFunc
	repeating bool
	sentAt    time.Time // zero while it waits for its turn
	own       bool      // made by a caller itself, see getOwn
	left      bool      // that caller is no longer counted
}

// fresh reports whether the snapshot answers a caller without another request.
func (p *poller) fresh() bool {
	s := p.snapshot
	if !s.Known() || s.Failure != nil {
		return false
	}
	if s.Answer.Result.Status.Finished() {
		return time.Since(s.ReadAt) < finishedFor
	}
	return time.Since(s.ReadAt) < freshFor
}

// current is the snapshot, with a request that has long been under way as its
// failure.
func (p *poller) current() *Snapshot {
	s := p.snapshot
	if s.Known() && s.Failure == nil && !s.ended() && p.sent() && time.Since(p.request.sentAt) > slowAfter {
		late := *s
		late.Failure = &cfapi.Error{Kind: cfapi.Timeout, Summary: "no answer yet"}
		return &late
	}
	return s
}

// polled reports whether a request is under way or planned.
func (p *poller) polled() bool { return p.request != nil || p.next != nil }

// sent reports whether a request is under way that has had its turn.
func (p *poller) sent() bool { return p.request != nil && !p.request.sentAt.IsZero() }

// ask starts a request unless one is under way.
func (w *Watcher) ask(p *poller, repeating bool) {
	if r := w.begin(p, repeating); r != nil {
		go func() {
			stack.Grow()
			w.poll(p, r, untilCanceled)
		}()
	}
}

// begin returns a request for p that is to be made; nil if one is under way. One that does
// not repeat takes the place of one that does and still waits for its turn, so that nobody
// who asks for the first time waits behind polls.
func (w *Watcher) begin(p *poller, repeating bool) *request {
	if p.request != nil && (repeating || p.sent() || !p.request.repeating) {
		return nil
	}
	p.stopRequest()
	p.stopNext()
	p.request = &request{repeating: repeating}
	p.request.ctx, p.request.cancel = context.WithCancel(context.Background())
	return p.request
}

func (p *poller) stopRequest() {
	if p.request != nil {
		p.request.cancel()
		p.request = nil
	}
}

func (p *poller) stopNext() {
	if p.next != nil {
		p.next.Stop()
		p.next = nil
	}
}

// poll makes a request for everybody who wants to know, which waits so long for its turn.
// One that has been canceled is no longer the poller's request.
func (w *Watcher) poll(p *poller, r *request, maxWait time.Duration) {
	defer r.cancel()
	client := w.client.WithTurn(cfapi.Turn{Repeating: r.repeating, MaxWait: maxWait, Granted: func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		r.sentAt = time.Now()
	}})
	answer, failure := get(r.ctx, client, p.key)

	w.mu.Lock()
	defer w.mu.Unlock()
	if p.request != r {
		return
	}
	p.request = nil
	if r.own && r.sentAt.IsZero() && failure != nil && failure.Kind == cfapi.RateLimited {
		w.passOn(p, r)
		return
	}
	closed := w.budget.ClosedFor()
	w.update(p, answer, failure, closed)
	if p.waiters > 0 && !p.snapshot.ended() {
		p.next = time.AfterFunc(max(jittered(w.interval(p)), closed), func() { w.askAgain(p) })
	}
}

// get reads the state of a test. A panic on the way fails the calls that wait for it,
// and not the process: no handler can recover it, because polls have a goroutine of
// their own.
func get(ctx context.Context, client *cfapi.Client, k key) (answer cfapi.Answer[cfapi.PolicyTest], failure *cfapi.Error) {
	defer func() {
		if v := recover(); v != nil {
			failure = cfapi.NewInternal(fmt.Errorf("panic in a poll: %v\n%s", v, debug.Stack()))
		}
	}()
	answer, err := client.GetPolicyTest(ctx, k.accountID, k.policyTestID)
	failure, _ = errors.AsType[*cfapi.Error](err)
	return answer, failure
}

// askAgain is the next poll, if anybody still waits for it.
func (w *Watcher) askAgain(p *poller) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.waiters > 0 {
		w.ask(p, true)
	}
}

// update takes over what a request brought and wakes those who wait for it. Nothing is
// sent in the time closed.
func (w *Watcher) update(p *poller, answer cfapi.Answer[cfapi.PolicyTest], failure *cfapi.Error, closed time.Duration) {
	s := &Snapshot{Failure: failure}
	if !p.outdated {
		s.Answer, s.ReadAt = p.snapshot.Answer, p.snapshot.ReadAt
	}
	p.outdated = false
	if failure == nil {
		s.Answer, s.ReadAt = answer, time.Now()
		p.pace.add(s.ReadAt, answer.Result.PercentUsersProcessed)
	}
	s.Next = max(w.interval(p), closed)
	p.snapshot = s
	p.polls++
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// interval is the time between two polls of p: its pace, or more if the budget has
// to do for many.
func (w *Watcher) interval(p *poller) time.Duration {
	d := p.pace.interval()
	if p.pace.samples < 2 && p.waiters == 0 {
		d = unknownPace
	}
	return max(d, w.budget.Interval(w.watched))
}
