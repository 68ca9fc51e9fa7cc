package watch_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
)

// TestBudget: with many tests the intervals stretch, for all alike.
func TestBudget(t *testing.T) {
	const tests, budget = 150, 400
	inBubble(t, budget, func(t *testing.T, a *api, w *watch.Watcher) {
		a.SetQuota(1<<40, time.Hour)
		var all []*waiting
		for i := range tests {
			id := fmt.Sprint("test-", i)
			a.AddTest(id, 1000, time.Hour)
			for range 3 {
				all = append(all, startWait(t, w, id, 600*time.Second))
			}
		}
		for _, r := range all {
			<-r.done
			if r.err != nil {
				t.Fatal(r.err)
			}
		}
		if most := a.most(5 * time.Minute); most > budget {
			t.Errorf("%d requests within 5 minutes", most)
		}
		if n := a.Requests(); n < budget {
			t.Errorf("only %d requests in 10 minutes", n)
		}
		fewest, most := 1<<30, 0
		for _, n := range a.paths {
			fewest, most = min(fewest, n), max(most, n)
		}
		if len(a.paths) != tests || most > fewest+2 {
			t.Errorf("%d tests were polled from %d to %d times", len(a.paths), fewest, most)
		}
	})
}

// TestBudgetOfRetries: repeated attempts count as well.
func TestBudgetOfRetries(t *testing.T) {
	const budget = 50
	inBubble(t, budget, func(t *testing.T, a *api, w *watch.Watcher) {
		a.SetFaults(simulator.Always(unavailable))
		for i := range 100 {
			_, _ = w.Get(t.Context(), account, fmt.Sprint("test-", i))
		}
		if most := a.most(5 * time.Minute); most > budget {
			t.Errorf("%d requests within 5 minutes", most)
		}
	})
}

// TestBudgetIsUsedUp: who cannot be served in time is told so.
func TestBudgetIsUsedUp(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, a *api, w *watch.Watcher) {
		if _, err := w.Get(t.Context(), account, simulator.DocumentedID); err != nil {
			t.Fatal(err)
		}
		_, err := w.Get(t.Context(), account, simulator.BlockedID)
		if kindOf(err) != cfapi.RateLimited || a.Requests() != 1 {
			t.Errorf("%v, %d requests", err, a.Requests())
		}
		if r := wait(t, w, simulator.BlockedID, 20*time.Second); kindOf(r.err) != cfapi.RateLimited || r.took != 20*time.Second {
			t.Error(r.err, r.took)
		}
	})
}

// TestHeaderSlows: half of what remains is left to the user's other programs.
func TestHeaderSlows(t *testing.T) {
	for header, want := range map[string]struct{ from, to int }{
		`"default";r=1000;t=100`: {90, 110},
		`"default";r=40;t=100`:   {15, 25},
		`"default";r=0;t=40`:     {2, 5},
		`nonsense`:               {90, 110},
	} {
		t.Run(header, func(t *testing.T) {
			inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
				a.SetFaults(simulator.Always(simulator.Fault{Status: 200, Header: http.Header{"Ratelimit": {header}},
					Body: `{"success": true, "result": {"status": "processing"}}`}))
				var all []*waiting
				for i := range 20 {
					all = append(all, startWait(t, w, fmt.Sprint("test-", i), 100*time.Second))
				}
				for _, r := range all {
					<-r.done
				}
				if n := a.Requests() - 20; n < want.from-20 || n > want.to {
					t.Errorf("%d requests in 100 s besides the first ones", n)
				}
			})
		})
	}
}

// TestQuotaThatReturns: when the quota is full again, requests are sent again.
func TestQuotaThatReturns(t *testing.T) {
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		a.SetFaults(simulator.Always(simulator.Fault{Status: 200, Header: http.Header{"Ratelimit": {`"default";r=0;t=2`}},
			Body: `{"success": true, "result": {"status": "processing"}}`}))
		for i := range 4 {
			began := time.Now()
			if _, err := w.Get(t.Context(), account, fmt.Sprint("test-", i)); err != nil || time.Since(began) > 2*time.Second {
				t.Errorf("request %d: %v after %v", i, err, time.Since(began))
			}
			time.Sleep(2500 * time.Millisecond)
		}
	})
}

// TestStateIsBounded: asking for ever new tests remembers no more than the budget
// admits in a minute, and nothing of those that do not exist.
func TestStateIsBounded(t *testing.T) {
	inBubble(t, quota.Max, func(t *testing.T, a *api, w *watch.Watcher) {
		a.SetQuota(1<<40, time.Hour)
		for i := range 3000 {
			if _, err := w.Get(t.Context(), account, fmt.Sprint("unknown-", i)); kindOf(err) != cfapi.NotFound {
				t.Fatal(err)
			}
		}
		if n := watch.Remembered(w); n != 0 {
			t.Errorf("%d unknown tests are remembered", n)
		}
		for i := range 1000 {
			id := fmt.Sprint("test-", i)
			a.AddTest(id, 10, time.Hour)
			if _, err := w.Get(t.Context(), account, id); err != nil {
				t.Fatal(err)
			}
		}
		if n := watch.Remembered(w); n < 100 || n > 300 {
			t.Errorf("%d tests are remembered", n)
		}
		time.Sleep(time.Minute)
		if _, err := w.Get(t.Context(), account, simulator.DocumentedID); err != nil || watch.Remembered(w) != 1 {
			t.Errorf("%v; %d tests are remembered a minute later", err, watch.Remembered(w))
		}
	})
}

// TestRememberedTestsAreBounded also where no budget does it. The latest ones stay.
func TestRememberedTestsAreBounded(t *testing.T) {
	const most = 500
	inBubble(t, 1<<30, func(t *testing.T, a *api, w *watch.Watcher) {
		a.SetQuota(1<<40, time.Hour)
		for i := range most + 10 {
			id := fmt.Sprint("test-", i)
			a.AddTest(id, 10, time.Hour)
			if _, err := w.Get(t.Context(), account, id); err != nil {
				t.Fatal(err)
			}
		}
		before := a.Requests()
		if _, err := w.Get(t.Context(), account, fmt.Sprint("test-", most+9)); err != nil || a.Requests() != before || watch.Remembered(w) != most {
			t.Errorf("%v; %d requests more, %d tests are remembered", err, a.Requests()-before, watch.Remembered(w))
		}
	})
}

// TestTooManyTests at a time are refused.
func TestTooManyTests(t *testing.T) {
	const most = 10_000
	inBubble(t, quota.Max, func(t *testing.T, a *api, w *watch.Watcher) {
		a.SetFaults(simulator.Always(simulator.Fault{Delay: time.Hour}))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for i := range most {
			go func() { _, _ = w.Get(ctx, account, fmt.Sprint("test-", i)) }()
		}
		synctest.Wait()
		began := time.Now()
		if _, err := w.Get(t.Context(), account, "one more"); kindOf(err) != cfapi.RateLimited || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
