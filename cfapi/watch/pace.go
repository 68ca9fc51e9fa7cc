package watch

import (
	"math/rand/v2"
	"time"
)

// Bounds of the interval between two polls of a test.
const (
	minInterval = time.Second
	maxInterval = 10 * time.Second
	// perRun is how many polls a test gets from start to end, if that is within
	// the bounds: its end is noticed within a tenth of its run time.
	perRun = 10
)

// pace estimates how long a test runs from how its percentage moves.
type pace struct {
	start, last sample
	samples     int
	movedAt     time.Time
}

// sample is a percentage at a moment.
type sample struct {
	at      time.Time
	percent float64
}

// add takes note of a percentage; nil, when the API does not tell, counts as no
// movement.
func (p *pace) add(at time.Time, percent *float64) {
	now := sample{at, p.last.percent}
	if percent != nil {
		now.percent = *percent
	}
	if p.samples == 0 || now.percent < p.last.percent {
		*p = pace{start: now, movedAt: at}
	}
	if now.percent > p.last.percent {
		p.movedAt = at
	}
	p.last = now
	p.samples++
}

// interval is the time until the next poll.
func (p *pace) interval() time.Duration {
	watched := p.last.at.Sub(p.start.at)
	run := watched // at least
	remaining := maxInterval
	if moved := p.last.percent - p.start.percent; moved > 0 {
		perPercent := float64(watched) / moved
		run = time.Duration(min(100*perPercent, float64(time.Hour)))
		remaining = time.Duration(min(max(100-p.last.percent, 0)*perPercent, float64(time.Hour)))
	}
	// The expected end is a good moment to look. But a test that has long been at the
	// same percentage may stay there: the longer it has, the rarer the polls.
	unmoved := p.last.at.Sub(p.movedAt)
	return min(max(min(run/perRun, remaining), unmoved/perRun, minInterval), maxInterval)
}

// jittered spreads d by a tenth either way, so that many tests are not polled at
// the same moments, but not below minInterval.
func jittered(d time.Duration) time.Duration {
	return max(minInterval, time.Duration(float64(d)*(0.9+0.2*rand.Float64())))
}
