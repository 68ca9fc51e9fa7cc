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

func TestCancel(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault    simulator.Fault
		after    time.Duration
		requests int
	}{
		"before the request":     {simulator.Fault{}, 0, 0},
		"while waiting":          {simulator.Fault{Delay: time.Hour}, 3 * time.Second, 1},
		"while reading":          {simulator.Fault{Status: 200, Body: simulatedBody, SlowBody: time.Hour}, 3 * time.Second, 1},
		"in the first pause":     {simulator.Fault{Status: 503}, 50 * time.Millisecond, 1},
		"in the pause, no reply": {simulator.Fault{Reset: true}, 50 * time.Millisecond, 1},
		"in the second attempt":  {simulator.Fault{Delay: time.Hour}, 12 * time.Second, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, sim := simulated(t)
				sim.SetFaults(simulator.Always(c.fault))
				ctx, cancel := context.WithCancel(t.Context())
				if c.after == 0 {
					cancel()
				}
				time.AfterFunc(c.after, cancel)
				start := time.Now()
				_, err := get(ctx, client)
				wantCanceled(t, err)
				if elapsed := time.Since(start); elapsed != c.after || sim.Requests() != c.requests {
					t.Errorf("%d requests in %v, want %d in %v", sim.Requests(), elapsed, c.requests, c.after)
				}
			})
		})
	}
}

// Callers give reasons for their cancellations, which are cancellations still.
func TestCancelWithAReason(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"in the request": {Delay: time.Hour},
		"in the pause":   {Delay: 40 * time.Millisecond, Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, sim := simulated(t)
				sim.SetFaults(simulator.Always(fault))
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(50*time.Millisecond, func() { cancel(errors.New("the client has hung up")) })
				start := time.Now()
				_, err := get(ctx, client)
				wantCanceled(t, err)
				if elapsed := time.Since(start); elapsed != 50*time.Millisecond || sim.Requests() != 1 {
					t.Errorf("%d requests in %v", sim.Requests(), elapsed)
				}
			})
		})
	}
}

// One caller who leaves must not take another's answer along, although they may
// share connections.
func TestCancelIsOneCallersOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, sim := simulated(t)
		sim.SetFaults(simulator.Always(simulator.Fault{Delay: 5 * time.Second}))
		leaving, leave := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := get(leaving, client)
			left <- err
		}()
		stayed := make(chan error)
		go func() {
			_, err := get(t.Context(), client)
			stayed <- err
		}()
		time.Sleep(time.Second)
		leave()
		wantCanceled(t, <-left)
		if err := <-stayed; err != nil {
			t.Errorf("the other call failed: %v", err)
		}
	})
}

func wantCanceled(t *testing.T, err error) {
	t.Helper()
	failure := wantKind(t, err, cfapi.Canceled)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v hides context.Canceled", err)
	}
	if failure.Temporary() {
		t.Error("a call that nobody waits for counts as worth repeating")
	}
}
