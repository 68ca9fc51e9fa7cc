package quota

import (
	"context"
	"sync"
	"time"

	"access-policy-mcp/cfapi"
)

// Bounds of a budget, in requests in any 5 minutes.
const (
	// Default leaves two thirds of Cloudflare's quota to the user's other programs.
	Default = 400
	// Max is Cloudflare's quota.
	Max = 1200
)

const (
	// pollShare of what comes evenly is for polls that repeat. The rest is for those
	// who ask for the first time.
	pollShare = 0.85
	// ownShare of what the API says remains is used. The rest is for the user's other
	// programs.
	ownShare = 0.5
	// defaultPenalty is how long Cloudflare refuses everything, when it does not say
	// so.
	defaultPenalty = 5 * time.Minute
)

// Budget spends the requests of one credential. It implements [cfapi.Limiter].
type Budget struct {
	mu      sync.Mutex
	bucket  bucket
	queue   queue
	timer   *time.Timer // serves the queue; nil while it is empty
	penalty penalty
}

// penalty is a time in which nothing is sent, and why.
type penalty struct {
	until  time.Time
	reason *cfapi.Error
}

// New returns a budget of so many requests in any 5 minutes, at least 1.
func New(requests int) *Budget {
	return &Budget{bucket: newBucket(allowanceOf(requests), time.Now())}
}

// Wait implements [cfapi.Limiter]. It fails at once if a penalty lasts longer than the
// turn may wait.
func (b *Budget) Wait(ctx context.Context, turn cfapi.Turn) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := b.join(turn)
	if c == nil {
		return err
	}
	timer := time.NewTimer(turn.MaxWait)
	defer timer.Stop()
	select {
	case <-c.granted:
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	return b.leave(ctx, c)
}

// join grants the turn, refuses it, or returns a waiter in the queue.
func (b *Budget) join(turn cfapi.Turn) (*waiter, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	switch closed := b.penalty.until.Sub(now); {
	case closed > 0 && closed > turn.MaxWait:
		return nil, b.refusal(turn.Repeating, now)
	case closed <= 0 && b.queue.empty() && b.bucket.take(now):
		return nil, nil
	case turn.MaxWait <= 0:
		return nil, b.refusal(turn.Repeating, now)
	}
	c := b.queue.join(turn.Repeating)
	b.serve(now)
	return c, nil
}

// leave takes out a waiter that has given up. One that has been served at the same
// moment hands its turn on, unless it can still use it.
func (b *Budget) leave(ctx context.Context, c *waiter) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	left, err := b.queue.leave(c), ctx.Err()
	if !left && err != nil {
		b.bucket.giveBack()
	}
	b.serve(now)
	if left && err == nil {
		return b.refusal(c.repeating, now)
	}
	return err
}

// serve grants the turns that are due, and plans the next one.
func (b *Budget) serve(now time.Time) {
	for !b.queue.empty() && !now.Before(b.penalty.until) && b.bucket.take(now) {
		b.queue.serve()
	}
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	if b.queue.empty() {
		return
	}
	b.timer = time.AfterFunc(max(b.penalty.until.Sub(now), b.bucket.untilTokens(1, now)), func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.serve(time.Now())
	})
}

// Learn implements [cfapi.Limiter].
func (b *Budget) Learn(limit cfapi.RateLimit, failure *cfapi.Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if failure != nil && failure.Kind == cfapi.RateLimited {
		delay := failure.RetryAfter
		if delay <= 0 {
			delay = defaultPenalty
		}
		b.close(failure, now.Add(delay))
	}
	if limit.Known && limit.Reset > 0 {
		if limit.Remaining == 0 {
			b.close(&cfapi.Error{Kind: cfapi.RateLimited, Summary: "no requests remain of the quota"}, now.Add(limit.Reset))
		}
		// At least one request for each reset: it brings the news of the next.
		share := max(1, ownShare*float64(limit.Remaining))
		b.bucket.lower(allowance{perSecond: share / limit.Reset.Seconds(), burst: share}, now.Add(limit.Reset), now)
	} else if limit.Known {
		b.bucket.lower(b.bucket.own, now, now)
	}
	b.serve(now)
}

// close starts a penalty, or makes one longer.
func (b *Budget) close(reason *cfapi.Error, until time.Time) {
	if until.After(b.penalty.until) {
		b.penalty = penalty{until, reason}
	}
}

// ClosedFor is how long nothing will be sent; 0 if there is no penalty.
func (b *Budget) ClosedFor() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(0, time.Until(b.penalty.until))
}

// Refusal returns the error of a first request that cannot be sent now. Its kind is
// [cfapi.RateLimited], and its RetryAfter says when to try again.
func (b *Budget) Refusal() *cfapi.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refusal(false, time.Now())
}

func (b *Budget) refusal(repeating bool, now time.Time) *cfapi.Error {
	if left := b.penalty.until.Sub(now); left > 0 {
		refused := *b.penalty.reason
		refused.RetryAfter = left
		return &refused
	}
	return &cfapi.Error{
		Kind:       cfapi.RateLimited,
		Summary:    "this server's own budget of requests is used up",
		RetryAfter: max(time.Second, b.bucket.untilTokens(float64(1+b.queue.ahead(repeating)), now)),
	}
}

// Interval returns the time between two polls of one test when n tests are polled, so
// that all polls stay within their share of the budget.
func (b *Budget) Interval(n int) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Duration(float64(n) / (pollShare * b.bucket.current(time.Now()).perSecond) * float64(time.Second))
}

// Idle reports whether the queue is empty, no penalty runs and the bucket is full: a new
// budget would admit no more than this one.
func (b *Budget) Idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	return b.queue.empty() && !now.Before(b.penalty.until) && b.bucket.full(now)
}
