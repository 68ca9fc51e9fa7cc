package watch

import (
	"time"

	"access-policy-mcp/cfapi"
)

const (
	// maxPollers bounds how many tests somebody asks for at a time.
	maxPollers = 10_000
	// rememberFor is how long a test is remembered for which nobody asks, so that its
	// pace is known to those who ask now and then.
	rememberFor = time.Minute
	// maxRemembered bounds how many these are. The greatest budget admits fewer answers in
	// that time.
	maxRemembered = 500
)

// join counts a caller in. The error says that there are too many tests.
func (w *Watcher) join(k key, waits bool) (*poller, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.pollers[k]
	switch {
	case p == nil && len(w.pollers)-w.idle.Len() >= maxPollers:
		return nil, &cfapi.Error{Kind: cfapi.RateLimited, Summary: "too many policy tests are being watched", RetryAfter: time.Minute}
	case p == nil:
		p = &poller{key: k, snapshot: &Snapshot{}}
		w.pollers[k] = p
	case p.idle != nil:
		w.idle.Remove(p.idle)
		p.idle = nil
	}
	p.callers++
	if waits {
		p.waiters++
		if p.waiters == 1 {
			w.watched++
		}
	}
	return p, nil
}

// leave counts a caller out. With the last waiter the polling ends, with the
// last caller the request that is under way.
func (w *Watcher) leave(p *poller, waits bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.countOut(p, waits)
}

func (w *Watcher) countOut(p *poller, waits bool) {
	if waits {
		p.waiters--
		if p.waiters == 0 {
			w.watched--
			p.stopNext()
		}
	}
	p.callers--
	if p.callers > 0 {
		return
	}
	p.stopRequest()
	if p.snapshot.Known() {
		p.idleSince = time.Now()
		p.idle = w.idle.PushBack(p)
	} else {
		delete(w.pollers, p.key)
	}
	w.forget()
}

// forget drops tests that have been idle for long, and the oldest of too many.
func (w *Watcher) forget() {
	for oldest := w.idle.Front(); oldest != nil; oldest = w.idle.Front() {
		p := oldest.Value.(*poller)
		if w.idle.Len() <= maxRemembered && time.Since(p.idleSince) < rememberFor {
			return
		}
		w.idle.Remove(oldest)
		delete(w.pollers, p.key)
	}
}
