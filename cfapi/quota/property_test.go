package quota_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
)

// visit is a caller's stay in the queue.
type visit struct {
	repeating      bool
	arrived, ended time.Time
	granted        bool
}

// news is what the budget has learned at a moment.
type news struct {
	at      time.Time
	limit   cfapi.RateLimit
	penalty time.Duration // 0 if there is none
}

// world is everybody who uses a budget, and what happened.
type world struct {
	budget *quota.Budget
	random *rand.Rand
	wg     sync.WaitGroup

	mu     sync.Mutex
	visits []visit
	news   []news
}

// TestProperties lets many come and go at random, while the API says this and that,
// and checks the promises of the package.
func TestProperties(t *testing.T) {
	t.Parallel()
	for seed := range uint64(90) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 1))
				requests := []int{1, 2, 7, 30, 100, 400}[seed%6]
				w := &world{budget: quota.New(requests), random: random}
				began := time.Now()
				w.live(25 * time.Minute)
				w.checkWindows(t, requests)
				w.checkPenalties(t)
				w.checkOrder(t)
				w.checkRoom(t, requests, began)
			})
		})
	}
}

// live makes things happen for a time: bursts of callers, patient and impatient ones,
// and answers of the API.
func (w *world) live(d time.Duration) {
	end := time.Now().Add(d)
	for time.Now().Before(end) {
		time.Sleep(time.Duration(w.random.ExpFloat64() * float64(4*time.Second)))
		switch what := w.random.IntN(20); {
		case what == 0:
			for range w.random.IntN(60) {
				w.come()
			}
		case what == 1:
			w.learn()
		default:
			w.come()
		}
	}
	w.wg.Wait()
}

func (w *world) come() {
	turn := cfapi.Turn{Repeating: w.random.IntN(2) == 0}
	switch w.random.IntN(4) {
	case 0: // no patience
	case 1:
		turn.MaxWait = time.Hour
	default:
		turn.MaxWait = time.Duration(w.random.ExpFloat64() * float64(20*time.Second))
	}
	stay := time.Duration(w.random.ExpFloat64() * float64(60*time.Second))
	w.wg.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stay)
		defer cancel()
		v := visit{repeating: turn.Repeating, arrived: time.Now()}
		v.granted = w.budget.Wait(ctx, turn) == nil
		v.ended = time.Now()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.visits = append(w.visits, v)
	})
}

func (w *world) learn() {
	n := news{at: time.Now()}
	var failure *cfapi.Error
	switch w.random.IntN(3) {
	case 0:
		n.penalty = time.Duration(1+w.random.IntN(90)) * time.Second
		failure = &cfapi.Error{Kind: cfapi.RateLimited, HTTPStatus: 429, RetryAfter: n.penalty}
	default:
		n.limit = cfapi.RateLimit{Known: true, Remaining: w.random.IntN(1200), Reset: time.Duration(w.random.IntN(300)) * time.Second}
		if w.random.IntN(8) == 0 {
			n.limit.Remaining = 0
		}
		if n.limit.Remaining == 0 {
			n.penalty = n.limit.Reset
		}
	}
	w.mu.Lock()
	w.news = append(w.news, n)
	w.mu.Unlock()
	w.budget.Learn(n.limit, failure)
}

// grants are the times at which requests may have been sent, in order.
func (w *world) grants() []time.Time {
	var times []time.Time
	for _, v := range w.visits {
		if v.granted {
			times = append(times, v.ended)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// checkWindows: no 5 minutes see more requests than the budget has.
func (w *world) checkWindows(t *testing.T, requests int) {
	grants := w.grants()
	if len(grants) < 5 {
		t.Fatalf("only %d grants", len(grants))
	}
	first := 0
	for i, at := range grants {
		for at.Sub(grants[first]) > 5*time.Minute {
			first++
		}
		if n := i - first + 1; n > requests {
			t.Fatalf("%d requests within 5 minutes, the budget is %d", n, requests)
		}
	}
}

// closedAt reports whether a penalty is in force, and when the last one ends.
func (w *world) closedAt(at time.Time) (bool, time.Time) {
	var until time.Time
	for _, n := range w.news {
		if end := n.at.Add(n.penalty); !n.at.After(at) && end.After(until) {
			until = end
		}
	}
	return at.Before(until), until
}

// checkPenalties: nothing is sent before a penalty is over, whatever came later.
func (w *world) checkPenalties(t *testing.T) {
	for _, at := range w.grants() {
		for _, n := range w.news {
			if n.at.Before(at) && at.Before(n.at.Add(n.penalty)) {
				t.Fatalf("a request %v after a penalty of %v", at.Sub(n.at), n.penalty)
			}
		}
	}
}

// checkOrder: nobody who asks for the first time waits while a poll that repeats goes,
// and nobody of one kind while one of the same kind goes who came later.
func (w *world) checkOrder(t *testing.T) {
	for _, served := range w.visits {
		if !served.granted {
			continue
		}
		for _, v := range w.visits {
			waits := v.arrived.Before(served.ended) && v.ended.After(served.ended)
			if waits && !v.repeating && served.repeating {
				t.Fatalf("a first request waits from %v to %v, a repeating poll goes at %v", v.arrived, v.ended, served.ended)
			}
			if waits && v.repeating == served.repeating && v.arrived.Before(served.arrived) {
				t.Fatalf("one who came at %v waits while one goes who came at %v", v.arrived, served.arrived)
			}
		}
	}
}
