package quota_test

import (
	"slices"
	"testing"
	"time"

	"access-policy-mcp/cfapi"
)

// tokens is a plain model of what a budget may spend: what has come, at the rate that
// was in force, less what was spent.
type tokens struct {
	level, rate, burst float64
	fullRate, most     float64
	at, lowUntil       time.Time
}

const tolerance = 1e-6 // of a token, for arithmetic in another order

func newTokens(requests int, at time.Time) *tokens {
	burst := float64(max(1, requests/10))
	rate := max(1, float64(requests)-burst) / 301
	return &tokens{level: burst, rate: rate, burst: burst, fullRate: rate, most: burst, at: at}
}

func (k *tokens) advance(to time.Time) {
	for k.at.Before(to) {
		next := to
		if k.at.Before(k.lowUntil) && k.lowUntil.Before(to) {
			next = k.lowUntil
		}
		k.level = min(k.burst, k.level+k.rate*next.Sub(k.at).Seconds())
		k.at = next
		if !k.at.Before(k.lowUntil) {
			k.rate, k.burst = k.fullRate, k.most
		}
	}
}

func (k *tokens) learn(limit cfapi.RateLimit, at time.Time) {
	switch {
	case !limit.Known:
		return
	case limit.Reset == 0:
		k.rate, k.burst, k.lowUntil = k.fullRate, k.most, at
	default:
		share := max(1, float64(limit.Remaining)/2)
		k.rate, k.burst = min(k.fullRate, share/limit.Reset.Seconds()), min(k.most, share)
		k.lowUntil = at.Add(limit.Reset)
	}
	k.level = min(k.level, k.burst)
}

// checkRoom: nobody waits or is refused while there is room.
func (w *world) checkRoom(t *testing.T, requests int, began time.Time) {
	type event struct {
		at    time.Time
		apply func(*tokens)
	}
	var events []event
	for _, at := range w.grants() {
		events = append(events, event{at, func(k *tokens) { k.level-- }})
	}
	for _, n := range w.news {
		events = append(events, event{n.at, func(k *tokens) { k.learn(n.limit, n.at) }})
	}
	for _, v := range w.visits {
		if v.granted || v.ended.Equal(v.arrived) {
			continue // no wait, or one that had an end
		}
		events = append(events, event{v.ended, func(k *tokens) {
			if closed, _ := w.closedAt(v.ended); !closed && k.level >= 1+tolerance {
				t.Errorf("somebody left in vain at %v, with %.3f tokens left", v.ended, k.level)
			}
		}})
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	k := newTokens(requests, began)
	for _, e := range events {
		k.advance(e.at)
		e.apply(k)
		if k.level < -tolerance {
			t.Fatalf("%.6f tokens at %v: more was spent than came", k.level, e.at)
		}
	}
	w.checkWaits(t, requests, began)
}

// checkWaits: whoever waited for a turn got it at the moment when the token came or
// the penalty ended.
func (w *world) checkWaits(t *testing.T, requests int, began time.Time) {
	grants := w.grants()
	news := slices.Clone(w.news)
	k := newTokens(requests, began)
	waited := map[time.Time]bool{}
	for _, v := range w.visits {
		if v.granted && v.ended.After(v.arrived) {
			waited[v.ended] = true
		}
	}
	for i, at := range grants {
		for len(news) > 0 && !news[0].at.After(at) {
			k.advance(news[0].at)
			k.learn(news[0].limit, news[0].at)
			news = news[1:]
		}
		k.advance(at)
		_, opened := w.closedAt(at)
		alone := i == 0 || grants[i-1].Before(at)
		if waited[at] && alone && !opened.Equal(at) && k.level > 1.01 {
			t.Errorf("a turn at %v, when there were %.3f tokens already", at, k.level)
		}
		k.level--
	}
}
