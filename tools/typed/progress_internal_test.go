package typed

import (
	"math/rand/v2"
	"testing"
)

// TestIncreasing: whatever the percentages, what is reported increases strictly and
// stays below 100.
func TestIncreasing(t *testing.T) {
	value := func(p float64) *float64 { return &p }
	random := make([]*float64, 600)
	for i := range random {
		if i%3 > 0 {
			random[i] = value(rand.Float64()*130 - 10)
		}
	}
	standing := func(p *float64) []*float64 {
		out := make([]*float64, 45) // a report every 15 s for 10 minutes, and some
		for i := range out {
			out[i] = p
		}
		return out
	}
	for name, percentages := range map[string][]*float64{
		"moving":           {value(0), value(10), value(50.5), value(99)},
		"standing at 0":    standing(value(0)),
		"standing at 50":   standing(value(50)),
		"standing at 99.9": standing(value(99.9)),
		"standing at 100":  standing(value(100)),
		"above 100":        standing(value(250)),
		"unknown":          standing(nil),
		"going back":       {value(50), value(20), value(10), value(60)},
		"negative":         {value(-5), value(-4), value(1)},
		"random":           random[:40],
	} {
		var s increasing
		last := -1.0
		for i, p := range percentages {
			next := s.next(p)
			if next <= last || next >= 100 || next < 0 {
				t.Errorf("%s: value %d is %v after %v", name, i, next, last)
			}
			if p != nil && *p > last && *p >= 0 && *p <= highest && next != *p {
				t.Errorf("%s: %v was reported as %v", name, *p, next)
			}
			last = next
		}
	}
}
