package quota

import (
	"math"
	"time"
)

// window is the time in which the number of requests is bounded. It is a second
// longer than the 5 minutes that are promised, so that requests that take unequal
// times to arrive keep the promise too.
const window = 5*time.Minute + time.Second

// allowance is how fast tokens come, and how many are kept.
type allowance struct {
	perSecond float64
	burst     float64 // at least 1
}

// allowanceOf spreads requests over the window: a tenth may be sent at once, the
// rest evenly, so that both together are never more.
func allowanceOf(requests int) allowance {
	burst := max(1, requests/10)
	return allowance{perSecond: float64(max(1, requests-burst)) / window.Seconds(), burst: float64(burst)}
}

// bucket is a token bucket whose allowance can be lowered for a time. Tokens come
// neither faster nor in greater number than its own allowance admits, so lowering and
// raising it admits no request more.
type bucket struct {
	own allowance

	low      allowance
	lowUntil time.Time // low is in force before

	tokens float64
	at     time.Time // of tokens
}

func newBucket(own allowance, now time.Time) bucket {
	return bucket{own: own, tokens: own.burst, at: now}
}

// current is the allowance in force.
func (b *bucket) current(now time.Time) allowance {
	if now.Before(b.lowUntil) {
		return b.low
	}
	return b.own
}

// advance adds the tokens that have come.
func (b *bucket) advance(now time.Time) {
	if b.at.Before(b.lowUntil) && now.After(b.lowUntil) {
		b.add(b.low, b.lowUntil)
	}
	b.add(b.current(b.at), now)
}

func (b *bucket) add(a allowance, now time.Time) {
	b.tokens = min(b.tokens+a.perSecond*max(0, now.Sub(b.at)).Seconds(), a.burst)
	b.at = now
}

// lower puts an allowance into force that is at most the bucket's own.
func (b *bucket) lower(a allowance, until, now time.Time) {
	b.advance(now)
	b.low = allowance{perSecond: min(a.perSecond, b.own.perSecond), burst: min(max(a.burst, 1), b.own.burst)}
	b.lowUntil = until
}

// take takes a token if there is one.
func (b *bucket) take(now time.Time) bool {
	b.advance(now)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// giveBack returns a token that has not been used. If the bucket cannot hold it, the
// next advance drops it.
func (b *bucket) giveBack() { b.tokens++ }

// untilTokens is the time until there are n tokens, if nobody takes any: as if the
// bucket could hold them.
func (b *bucket) untilTokens(n float64, now time.Time) time.Duration {
	b.advance(now)
	missing := n - b.tokens
	if missing <= 0 {
		return 0
	}
	var d time.Duration
	if left := b.lowUntil.Sub(now); left > 0 {
		if lowly := b.low.perSecond * left.Seconds(); missing > lowly {
			missing, d = missing-lowly, left
		} else {
			return nanoseconds(missing / b.low.perSecond)
		}
	}
	return d + nanoseconds(missing/b.own.perSecond)
}

// nanoseconds rounds up: who comes too early comes in vain.
func nanoseconds(seconds float64) time.Duration {
	return time.Duration(math.Ceil(seconds * float64(time.Second)))
}

// full reports whether the bucket is as good as a new one.
func (b *bucket) full(now time.Time) bool {
	b.advance(now)
	return !now.Before(b.lowUntil) && b.tokens >= b.own.burst
}
