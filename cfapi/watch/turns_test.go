package watch_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/watch"
)

// TestLeaversFreeTheirTurns: calls that were given up have cost nothing, and do not
// keep others waiting.
func TestLeaversFreeTheirTurns(t *testing.T) {
	inBubble(t, 400, func(t *testing.T, a *api, w *watch.Watcher) {
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				_, _ = w.Get(ctx, account, fmt.Sprint("test-", i))
			})
		}
		wg.Wait()
		synctest.Wait()
		if n := a.Requests(); n != 40 {
			t.Errorf("%d requests at once", n)
		}
		a.AddTest("next", 100, time.Hour)
		began := time.Now()
		if _, err := w.Get(t.Context(), account, "next"); err != nil || time.Since(began) > time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestFirstComersGoBeforePolls: while polls queue, somebody who asks once is next, also
// for a test whose own poll is in the queue.
func TestFirstComersGoBeforePolls(t *testing.T) {
	const tests = 40
	inBubble(t, 100, func(t *testing.T, a *api, w *watch.Watcher) {
		get := func(id string) (time.Duration, error) {
			a.AddTest(id, 1000, time.Hour)
			began := time.Now()
			_, err := w.Get(t.Context(), account, id)
			return time.Since(began), err
		}
		for i := range tests {
			a.AddTest(fmt.Sprint("test-", i), 1000, time.Hour)
			go func() { _, _ = w.Wait(t.Context(), account, fmt.Sprint("test-", i), 10*time.Minute, nil) }()
		}
		time.Sleep(150 * time.Second)
		// More who ask once than there is room for: the polls that fall due wait.
		for i := range 60 {
			go func() { _, _ = get(fmt.Sprint("once-", i)) }()
			time.Sleep(2 * time.Second)
		}
		time.Sleep(12 * time.Second)
		for i := range 5 {
			for _, id := range []string{fmt.Sprint("new-", i), fmt.Sprint("test-", i)} {
				if took, err := get(id); err != nil || took > 5*time.Second {
					t.Errorf("%s: %v after %v", id, err, took)
				}
			}
		}
		if most := a.most(5 * time.Minute); most > 100 {
			t.Errorf("%d requests within 5 minutes", most)
		}
		w.Drain()
	})
}

// TestPlainCallsWaitTenSeconds for their turn, and then say when to come again.
func TestPlainCallsWaitTenSeconds(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, a *api, w *watch.Watcher) {
		a.AddTest("one", 100, time.Hour)
		if _, err := w.Get(t.Context(), account, "one"); err != nil {
			t.Fatal(err)
		}
		for name, call := range map[string]func() error{
			"get": func() error { _, err := w.Get(t.Context(), account, "two"); return err },
			"users": func() error {
				_, err := w.Client().ListPolicyTestUsers(t.Context(), account, "two", 1, 1, "")
				return err
			},
			"start": func() error { _, err := w.Client().StartPolicyTest(t.Context(), account, nil); return err },
		} {
			began := time.Now()
			failure := asFailure(call())
			if failure.Kind != cfapi.RateLimited || failure.RetryAfter < 4*time.Minute || failure.MayBeDone || time.Since(began) != 10*time.Second {
				t.Errorf("%s: %+v after %v", name, failure, time.Since(began))
			}
		}
		if n := a.Requests(); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
}
