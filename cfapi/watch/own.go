package watch

import (
	"context"

	"access-policy-mcp/cfapi"
)

// A caller that asks once and finds no request under way makes it itself: another
// goroutine, and the changes between the two, would cost a plain call more than its own
// work. Others share the request as they share any other. It ends with the last of them,
// so that its maker, even when its ctx has ended, stays until then.

// getOwn makes the request r for a caller, and returns the answer. So many polls came back
// before it.
func (w *Watcher) getOwn(ctx context.Context, p *poller, r *request, polls int) (Snapshot, error) {
	unwatch := context.AfterFunc(ctx, func() { w.leaveOwn(p, r) })
	defer w.leaveOwn(p, r)
	defer unwatch()

	w.poll(p, r, cfapi.DefaultMaxWait)
	w.mu.Lock()
	snapshot, answered := p.snapshot, p.polls > polls
	w.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return Snapshot{}, contextError(ctx)
	case answered && snapshot.Failure != nil:
		return Snapshot{}, snapshot.Failure
	case answered:
		return *snapshot, nil
	case r.sentAt.IsZero():
		return Snapshot{}, w.budget.Refusal()
	default:
		return Snapshot{}, noAnswer()
	}
}

// leaveOwn counts the maker of r out, once.
func (w *Watcher) leaveOwn(p *poller, r *request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !r.left {
		r.left = true
		w.countOut(p, false)
	}
}

// passOn lets those who share a request that got no turn make another one: they came
// later, and have more patience than its maker.
func (w *Watcher) passOn(p *poller, r *request) {
	others := p.callers
	if !r.left {
		others--
	}
	if others > 0 {
		w.ask(p, false)
	}
}

// stopOwn ends the requests that callers make themselves.
func (w *Watcher) stopOwn() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.pollers {
		if p.request != nil && p.request.own {
			p.stopRequest()
		}
	}
}
