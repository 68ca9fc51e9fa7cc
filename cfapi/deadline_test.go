package cfapi_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// never is a fault after which no answer can come in time.
var never = map[string]simulator.Fault{
	"delayed answer":    {Delay: time.Hour},
	"slow body":         {Status: 200, Body: simulatedBody, SlowBody: time.Hour},
	"slow error":        {Status: 404, Body: simulatedBody, SlowBody: time.Hour},
	"body one byte off": {Status: 200, Body: simulatedBody, SlowBody: 100 * 11 * time.Second},
}

const simulatedBody = `{"success":true,"errors":[],"messages":[],"result":{"status":"complete"}}`

func TestNoAnswerIsATimeout(t *testing.T) {
	t.Parallel()
	for name, fault := range never {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, sim := simulated(t)
				sim.SetFaults(simulator.Always(fault))
				start := time.Now()
				_, err := get(t.Context(), client)
				failure := wantKind(t, err, cfapi.Timeout)
				if failure.Summary != "no answer in time" || failure.HTTPStatus != 0 {
					t.Errorf("failure is %v", failure)
				}
				if elapsed := time.Since(start); elapsed < 20*time.Second || elapsed > 30*time.Second {
					t.Errorf("the call took %v, want three attempts within 30 s", elapsed)
				}
				if sim.Requests() != 3 {
					t.Errorf("%d requests, want 3", sim.Requests())
				}
			})
		})
	}
}

// One request that hangs must not use up the time of those that would not.
func TestAttemptIsGivenUpAfterTenSeconds(t *testing.T) {
	t.Parallel()
	for name, fault := range never {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, sim := simulated(t)
				sim.SetFaults(simulator.Once(1, fault))
				start := time.Now()
				if _, err := get(t.Context(), client); err != nil {
					t.Fatal(err)
				}
				if elapsed := time.Since(start); elapsed < 10*time.Second || elapsed > 10500*time.Millisecond {
					t.Errorf("the call took %v, want 10 s and a short pause", elapsed)
				}
			})
		})
	}
}

func TestSlowAnswersWithinTheLimitAreTaken(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"delayed answer": {Delay: 9900 * time.Millisecond},
		"slow body":      {Status: 200, Body: simulatedBody, SlowBody: 9900 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, sim := simulated(t)
				sim.SetFaults(simulator.Always(fault))
				if _, err := get(t.Context(), client); err != nil || sim.Requests() != 1 {
					t.Errorf("%d requests, error %v", sim.Requests(), err)
				}
			})
		})
	}
}

// Slow failures add up: the third attempt has only what the first two left of
// the call's 30 s.
func TestCallIsGivenUpAfterThirtySeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, sim := simulated(t)
		sim.SetFaults(simulator.Always(simulator.Fault{Delay: 9999 * time.Millisecond, Status: 503}))
		start := time.Now()
		_, err := get(t.Context(), client)
		wantKind(t, err, cfapi.Timeout)
		if elapsed := time.Since(start); elapsed != 30*time.Second {
			t.Errorf("the call took %v", elapsed)
		}
	})
}

func TestCallersDeadlineEndsARequest(t *testing.T) {
	t.Parallel()
	for name, fault := range never {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, sim := simulated(t)
				sim.SetFaults(simulator.Always(fault))
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				start := time.Now()
				_, err := get(ctx, client)
				wantKind(t, err, cfapi.Timeout)
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v hides context.DeadlineExceeded", err)
				}
				if elapsed := time.Since(start); elapsed != 3*time.Second || sim.Requests() != 1 {
					t.Errorf("%d requests in %v", sim.Requests(), elapsed)
				}
			})
		})
	}
}

// A deadline is one whatever its owner calls it.
func TestCallersDeadlineWithAReason(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, sim := simulated(t)
		sim.SetFaults(simulator.Always(simulator.Fault{Delay: time.Hour}))
		ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, errors.New("the budget is used up"))
		defer cancel()
		_, err := get(ctx, client)
		wantKind(t, err, cfapi.Timeout)
	})
}

// A pause that would outlast the caller is no use to anybody: the failure is
// reported as soon as it is known.
func TestNoPauseBeyondTheCallersDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, sim := simulated(t)
		sim.SetFaults(simulator.Always(simulator.Fault{Status: 503}))
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := get(ctx, client)
		if failure := wantKind(t, err, cfapi.Unavailable); failure.HTTPStatus != 503 {
			t.Errorf("failure is %v", failure)
		}
		if elapsed := time.Since(start); elapsed != 0 || sim.Requests() != 1 {
			t.Errorf("%d requests in %v, want one and no pause", sim.Requests(), elapsed)
		}
	})
}

func TestDeadlineThatHasPassed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, sim := simulated(t)
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		start := time.Now()
		_, err := get(ctx, client)
		wantKind(t, err, cfapi.Timeout)
		if elapsed := time.Since(start); elapsed != 0 || sim.Requests() != 0 {
			t.Errorf("%d requests in %v", sim.Requests(), elapsed)
		}
	})
}
