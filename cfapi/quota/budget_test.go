package quota_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
)

// spend takes n turns, which must be there.
func spend(t *testing.T, b *quota.Budget, n int) {
	t.Helper()
	for i := range n {
		if err := b.Wait(t.Context(), cfapi.Turn{}); err != nil {
			t.Fatalf("turn %d of %d: %v", i+1, n, err)
		}
	}
}

// refused returns the refusal of somebody who has so much patience.
func refused(t *testing.T, b *quota.Budget, patience time.Duration) *cfapi.Error {
	t.Helper()
	failure, ok := errors.AsType[*cfapi.Error](b.Wait(t.Context(), cfapi.Turn{MaxWait: patience}))
	if !ok || failure.Kind != cfapi.RateLimited || failure.RetryAfter <= 0 {
		t.Fatalf("not refused: %+v", failure)
	}
	return failure
}

// TestLeaversFreeTheirPlaces at once: those who gave up have used nothing.
func TestLeaversFreeTheirPlaces(t *testing.T) {
	for _, leavers := range []int{200, 5000} {
		synctest.Test(t, func(t *testing.T) {
			b := quota.New(400)
			var wg sync.WaitGroup
			for range leavers {
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
					defer cancel()
					_ = b.Wait(ctx, cfapi.Turn{MaxWait: time.Minute})
				})
			}
			wg.Wait()
			began := time.Now()
			if err := b.Wait(t.Context(), cfapi.Turn{MaxWait: time.Minute}); err != nil || time.Since(began) > time.Second {
				t.Errorf("after %d leavers: %v after %v", leavers, err, time.Since(began))
			}
		})
	}
}

// TestLimitsThatChangeMintNothing: leaving a queue that a low limit made long does not
// give more than was taken once the limit has risen.
func TestLimitsThatChangeMintNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := quota.New(400)
		spend(t, b, 40)
		b.Learn(cfapi.RateLimit{Known: true, Remaining: 2, Reset: 5 * time.Minute}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() { _ = b.Wait(ctx, cfapi.Turn{MaxWait: time.Hour}) })
		}
		time.Sleep(time.Second)
		b.Learn(cfapi.RateLimit{Known: true, Remaining: 1200, Reset: time.Second}, nil)
		cancel()
		wg.Wait()
		granted := 0
		for b.Wait(t.Context(), cfapi.Turn{}) == nil {
			granted++
		}
		if granted > 2 {
			t.Errorf("%d turns at once, a second after the burst was spent", granted)
		}
	})
}

// TestTurnsThatComeTooLate: a turn that comes at the moment when its caller leaves
// goes to the next one, and who came first is never overtaken.
func TestTurnsThatComeTooLate(t *testing.T) {
	lost, overtaken := 0, 0
	for range 300 {
		synctest.Test(t, func(t *testing.T) {
			b := quota.New(1)
			spend(t, b, 1)
			due := refused(t, b, 0).RetryAfter
			leaver, cancel := context.WithTimeout(t.Context(), due)
			defer cancel()
			first := make(chan error, 1)
			go func() { first <- b.Wait(leaver, cfapi.Turn{MaxWait: time.Hour}) }()
			time.Sleep(due)
			err := b.Wait(t.Context(), cfapi.Turn{})
			firstErr := <-first
			if err == nil && firstErr == nil {
				t.Error("one token was spent twice")
			}
			if firstErr != nil && err != nil && b.Wait(t.Context(), cfapi.Turn{}) != nil {
				lost++
			}
		})
		synctest.Test(t, func(t *testing.T) {
			b := quota.New(1)
			spend(t, b, 1)
			due := refused(t, b, 0).RetryAfter
			first := make(chan time.Time, 1)
			go func() {
				if b.Wait(t.Context(), cfapi.Turn{MaxWait: time.Hour}) == nil {
					first <- time.Now()
				}
			}()
			began := time.Now()
			time.Sleep(due)
			_ = b.Wait(t.Context(), cfapi.Turn{})
			if at := <-first; at.Sub(began) > due {
				overtaken++
			}
		})
	}
	if lost > 0 || overtaken > 0 {
		t.Errorf("%d turns were lost, %d callers overtaken", lost, overtaken)
	}
}

// TestRefusals say when there may be room: when the penalty is over, or when those
// who came before have been served.
func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := quota.New(400)
		spend(t, b, 40)
		if d := refused(t, b, 0).RetryAfter; d != time.Second {
			t.Errorf("with nobody ahead: %v", d)
		}
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { _ = b.Wait(t.Context(), cfapi.Turn{MaxWait: time.Hour}) })
		}
		synctest.Wait()
		if d := b.Refusal().RetryAfter; d < 80*time.Second || d > 90*time.Second {
			t.Errorf("with 100 ahead: %v", d)
		}
		began := time.Now()
		if refused(t, b, 10*time.Second); time.Since(began) != 10*time.Second {
			t.Errorf("refused after %v", time.Since(began))
		}
		b.Learn(cfapi.RateLimit{}, &cfapi.Error{Kind: cfapi.RateLimited, HTTPStatus: 429, RetryAfter: 30 * time.Second})
		began = time.Now()
		if failure := refused(t, b, 10*time.Second); failure.RetryAfter != 30*time.Second || failure.HTTPStatus != 429 || time.Since(began) != 0 {
			t.Errorf("%+v after %v", failure, time.Since(began))
		}
		wg.Wait()
	})
}

// TestPenalty: later news make it longer, but never shorter; without a delay it is
// Cloudflare's 5 minutes.
func TestPenalty(t *testing.T) {
	tooMany := func(delay time.Duration) *cfapi.Error {
		return &cfapi.Error{Kind: cfapi.RateLimited, HTTPStatus: 429, RetryAfter: delay}
	}
	synctest.Test(t, func(t *testing.T) {
		b := quota.New(400)
		for _, step := range []struct {
			limit   cfapi.RateLimit
			failure *cfapi.Error
			want    time.Duration
		}{
			{cfapi.RateLimit{}, tooMany(20 * time.Second), 20 * time.Second},
			{cfapi.RateLimit{}, tooMany(time.Second), 20 * time.Second},
			{cfapi.RateLimit{Known: true, Remaining: 1000, Reset: time.Second}, nil, 20 * time.Second},
			{cfapi.RateLimit{Known: true, Reset: 25 * time.Second}, nil, 25 * time.Second},
			{cfapi.RateLimit{}, &cfapi.Error{Kind: cfapi.Unavailable}, 25 * time.Second},
			{cfapi.RateLimit{}, tooMany(0), 5 * time.Minute},
		} {
			b.Learn(step.limit, step.failure)
			if got := b.ClosedFor(); got != step.want {
				t.Errorf("after %+v, %v: closed for %v, want %v", step.limit, step.failure, got, step.want)
			}
		}
		if b.Idle() {
			t.Error("idle in a penalty")
		}
		time.Sleep(5 * time.Minute)
		spend(t, b, 1)
	})
}

// TestLowLimitsEnd with the reset that the API named, if no news come.
func TestLowLimitsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := quota.New(400)
		whole := b.Interval(100)
		b.Learn(cfapi.RateLimit{Known: true, Remaining: 10, Reset: time.Minute}, nil)
		if low := b.Interval(100); low < 10*whole {
			t.Errorf("interval %v, before %v", low, whole)
		}
		time.Sleep(time.Minute)
		if got := b.Interval(100); got != whole {
			t.Errorf("interval %v, before %v", got, whole)
		}
	})
}

// TestIdle: a budget that is as good as a new one can be forgotten.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := quota.New(400)
		if !b.Idle() {
			t.Error("a new budget is not idle")
		}
		spend(t, b, 10)
		if b.Idle() {
			t.Error("idle after 10 requests")
		}
		time.Sleep(10 * time.Second)
		if !b.Idle() {
			t.Error("not idle once the tokens are back")
		}
	})
}
