package watch

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"access-policy-mcp/cfapi"
)

// DefaultBudget is how many requests a [Watcher] makes in 5 minutes at most. It
// leaves two thirds of Cloudflare's quota to the user's other programs.
const DefaultBudget = 400

// MaxBudget is Cloudflare's quota in 5 minutes.
const MaxBudget = 1200

const (
	window = 5 * time.Minute
	// burstShare of the budget can be spent at once; the rest comes evenly, so
	// that no 5 minutes ever see more than the budget.
	burstShare = 0.1
	// pollShare of what comes evenly is for polls that repeat. The rest is for
	// those who ask for the first time.
	pollShare = 0.85
	// othersShare of what the API says remains is left to others.
	othersShare = 0.5
	// defaultPenalty is how long Cloudflare refuses everything, when it does not
	// say so.
	defaultPenalty = 5 * time.Minute
)

// budget spends the requests of one set of credentials.
type budget struct {
	limiter *rate.Limiter
	rate    rate.Limit
	burst   int

	mu     sync.Mutex
	opens  time.Time // nothing is sent before
	closed *cfapi.Error
}

func newBudget(requests int) *budget {
	burst := max(1, int(burstShare*float64(requests)))
	limit := rate.Limit(float64(max(1, requests-burst)) / window.Seconds())
	return &budget{limiter: rate.NewLimiter(limit, burst), rate: limit, burst: burst}
}

// take waits until a request may be sent. The error is ctx's.
func (b *budget) take(ctx context.Context) error {
	for {
		if err := sleep(ctx, b.closedFor()); err != nil {
			return err
		}
		if err := b.limiter.Wait(ctx); err != nil {
			return err
		}
		if b.closedFor() == 0 {
			return nil
		}
	}
}

// tryTake reports whether one more request may be sent now.
func (b *budget) tryTake() bool { return b.closedFor() == 0 && b.limiter.Allow() }

// closedFor is how long the API wants to be left alone.
func (b *budget) closedFor() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(0, time.Until(b.opens))
}

// refusal is the error of those who would have to wait too long.
func (b *budget) refusal() *cfapi.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if left := time.Until(b.opens); left > 0 {
		refused := *b.closed
		refused.RetryAfter = left
		return &refused
	}
	return &cfapi.Error{
		Kind:       cfapi.RateLimited,
		Summary:    "this server's own budget of requests is used up",
		RetryAfter: time.Minute,
	}
}

// learn takes note of what an answer says of the quota: one with a result and so
// the given limit, or a failure.
func (b *budget) learn(limit cfapi.RateLimit, failure *cfapi.Error) {
	if failure != nil {
		limit = failure.RateLimit
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if failure != nil && failure.Kind == cfapi.RateLimited && failure.HTTPStatus != 0 {
		penalty := failure.RetryAfter
		if penalty <= 0 {
			penalty = defaultPenalty
		}
		b.closed, b.opens = failure, time.Now().Add(penalty)
		return
	}
	if !limit.Known {
		return
	}
	allowed, burst := b.rate, b.burst
	if limit.Reset > 0 {
		share := othersShare * float64(limit.Remaining)
		allowed = min(allowed, rate.Limit(max(share, 1)/limit.Reset.Seconds())) // one for each reset at least: it brings the news of the next
		burst = min(burst, int(share))
	}
	if limit.Remaining == 0 && limit.Reset > 0 {
		b.closed, b.opens = &cfapi.Error{Kind: cfapi.RateLimited, Summary: "no requests remain of the quota"}, time.Now().Add(limit.Reset)
	}
	b.limiter.SetLimit(max(allowed, rate.Limit(1/window.Seconds())))
	b.limiter.SetBurst(max(burst, 1))
}

// interval is how often each of n tests may be polled.
func (b *budget) interval(n int) time.Duration {
	return time.Duration(float64(n) / (pollShare * float64(b.limiter.Limit())) * float64(time.Second))
}

// sleep waits for d; the error is ctx's.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
