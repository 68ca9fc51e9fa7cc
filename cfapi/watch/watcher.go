package watch

import (
	"container/list"
	"context"
	"sync"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
)

// Watcher shares the requests of one credential among callers. It is safe for
// concurrent use.
type Watcher struct {
	client *cfapi.Client
	budget *quota.Budget

	draining chan struct{} // closed once the watcher is drained

	mu      sync.Mutex
	drained bool
	pollers map[key]*poller
	idle    list.List // pollers without callers; the one that has been idle longest comes first
	watched int       // pollers with waiters
}

// New returns a watcher that asks with client, whose limiter is budget.
func New(client *cfapi.Client, budget *quota.Budget) *Watcher {
	return &Watcher{
		client:   client,
		budget:   budget,
		draining: make(chan struct{}),
		pollers:  map[key]*poller{},
	}
}

// Client returns the client of this credential, for requests that are not about the state
// of a test. They count against the same budget.
func (w *Watcher) Client() *cfapi.Client { return w.client }

// Drain makes current and later waits return soon, with the last known state.
func (w *Watcher) Drain() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.drained {
		w.drained = true
		close(w.draining)
		time.AfterFunc(drainPatience, w.stopOwn)
	}
}

// longestExchange is more than a request takes with its retries, once it has its
// turn.
const longestExchange = 40 * time.Second

// Get returns the state of a test, at most a second old, or 15 seconds if the test
// has finished. It waits 10 s at most for its turn. The error is a [*cfapi.Error].
//
// When ctx ends, the caller is no longer counted. It may return later: if it makes the
// request for others too, with the answer to that.
func (w *Watcher) Get(ctx context.Context, accountID, policyTestID string) (Snapshot, error) {
	p, err := w.join(key{accountID, policyTestID}, false)
	if err != nil {
		return Snapshot{}, err
	}
	polls, own, err := w.request(p)
	if err == nil && own != nil {
		return w.getOwn(ctx, p, own, polls)
	}
	defer w.leave(p, false)
	if err != nil {
		return Snapshot{}, err
	}
	return w.getShared(ctx, p, polls)
}

// getShared returns the first answer after so many polls.
func (w *Watcher) getShared(ctx context.Context, p *poller, polls int) (Snapshot, error) {
	now := time.Now()
	turn := now.Add(cfapi.DefaultMaxWait)
	s := stay{giveUp: now.Add(longestExchange), draining: w.draining}
	for {
		view := w.look(p)
		switch now := time.Now(); {
		case view.polls > polls && view.snapshot.Failure != nil:
			return Snapshot{}, view.snapshot.Failure
		case view.polls > polls:
			return *view.snapshot, nil
		case !view.sent && !now.Before(turn):
			return Snapshot{}, w.budget.Refusal()
		case !now.Before(s.giveUp):
			return Snapshot{}, noAnswer()
		}
		until := s.giveUp
		if now.Before(turn) {
			until = earlier(until, turn)
		}
		if err := s.pause(ctx, view.changed, until); err != nil {
			return Snapshot{}, err
		}
	}
}

// Wait returns the state of a test when the test has ended, its status is not one that
// Cloudflare documents, limit has passed, or the watcher is drained. A first answer may
// take 10 s, however short limit is. Temporary failures do not end the wait: if the
// snapshot has a Failure, its figures are older than that failure. The error is a
// [*cfapi.Error]: one that is not temporary, or the last one if there was no answer.
//
// Until then Wait calls report, unless it is nil, with each new state, and at least every
// 15 s with the last one; not in the last second before limit.
func (w *Watcher) Wait(ctx context.Context, accountID, policyTestID string, limit time.Duration, report func(Snapshot)) (Snapshot, error) {
	p, err := w.join(key{accountID, policyTestID}, true)
	if err != nil {
		return Snapshot{}, err
	}
	defer w.leave(p, true)

	now := time.Now()
	s := stay{end: now.Add(limit), giveUp: now.Add(max(limit, cfapi.DefaultMaxWait)), draining: w.draining}
	r := newReporter(report, s.end)
	polls := w.watch(p)
	for {
		view := w.look(p)
		isNew := view.polls > polls
		polls = max(polls, view.polls)
		now, snapshot := time.Now(), view.snapshot
		if view.outdated {
			snapshot = &Snapshot{}
		}
		switch {
		case isNew && snapshot.ended(), !now.Before(s.end) && snapshot.any():
			return snapshot.result()
		case !snapshot.Known() && !view.sent && w.budget.ClosedFor() > s.giveUp.Sub(now), !now.Before(s.giveUp) && !view.sent:
			return Snapshot{}, w.budget.Refusal()
		case !now.Before(s.giveUp):
			return Snapshot{}, noAnswer()
		}
		r.tell(snapshot, isNew)
		if err := s.pause(ctx, view.changed, earlier(s.next(), r.next)); err != nil {
			return Snapshot{}, err
		}
	}
}

// view is a poller at a moment.
type view struct {
	snapshot *Snapshot
	polls    int
	changed  <-chan struct{}
	sent     bool
	outdated bool
}

func (w *Watcher) look(p *poller) view {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return view{p.current(), p.polls, p.changed, p.sent(), p.outdated}
}

// request makes sure that there is or will be an answer for somebody who asks once: it
// returns a request that the caller has to make, or how many polls came back before the
// one of somebody else.
func (w *Watcher) request(p *poller) (polls int, own *request, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.fresh() {
		return p.polls - 1, nil, nil
	}
	if !p.sent() && w.budget.ClosedFor() > cfapi.DefaultMaxWait {
		return 0, nil, w.budget.Refusal()
	}
	if w.drained {
		w.ask(p, false)
		return p.polls, nil, nil
	}
	if own = w.begin(p, false); own != nil {
		own.own = true
	}
	return p.polls, own, nil
}

// watch makes sure that p is polled for somebody who waits, and returns how many polls
// came back before the first that counts. A test that is being polled, or has just
// been, need not be asked for again.
func (w *Watcher) watch(p *poller) (polls int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.fresh() || p.waiters > 1 && p.snapshot.Known() && p.snapshot.Failure == nil {
		if !p.polled() && !p.snapshot.ended() {
			w.ask(p, false)
		}
		return p.polls - 1
	}
	if p.waiters == 1 {
		p.outdated = true // nobody has watched since
	}
	w.ask(p, false)
	return p.polls
}
