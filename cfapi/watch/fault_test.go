package watch_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
)

var (
	unavailable = simulator.Fault{Status: 503}
	unreadable  = simulator.Fault{Status: 200, Body: "<html>"}
)

// TestFaultsInMidWait: those that may pass do not end a wait, the others do at
// once.
func TestFaultsInMidWait(t *testing.T) {
	for name, tt := range map[string]struct {
		fault simulator.Fault
		kind  cfapi.Kind // "" if the wait goes on
	}{
		"unavailable":   {unavailable, ""},
		"reset":         {simulator.Fault{Reset: true}, ""},
		"unreadable":    {unreadable, ""},
		"redirect":      {simulator.Fault{Status: 302}, ""},
		"bad request":   {simulator.Fault{Status: 400}, cfapi.InvalidArgument},
		"unauthorized":  {simulator.Fault{Status: 401}, cfapi.Unauthenticated},
		"forbidden":     {simulator.Fault{Status: 403}, cfapi.Forbidden},
		"no longer one": {simulator.Fault{Status: 404}, cfapi.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
				a.SetFaults(simulator.Once(3, tt.fault, tt.fault, tt.fault, tt.fault))
				r := wait(t, w, simulator.PolicyTestID, time.Minute)
				if kindOf(r.err) != tt.kind {
					t.Error(r.err)
				}
				if tt.kind == "" && (r.snapshot.Answer.Result.Status != cfapi.Complete || r.snapshot.Failure != nil) {
					t.Error(r.snapshot)
				}
				if tt.kind != "" && r.took > 4*time.Second {
					t.Errorf("it took %v", r.took)
				}
			})
		})
	}
}

// TestFailingToTheEnd: the figures that came before are the answer, with their
// age and the failure.
func TestFailingToTheEnd(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{"unavailable": unavailable, "unreadable": unreadable, "no answer": {Delay: time.Hour}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
				a.SetFaults(func(n int) simulator.Fault {
					if n > 2 {
						return fault
					}
					return simulator.Fault{}
				})
				r := wait(t, w, simulator.PolicyTestID, time.Minute)
				if r.err != nil || r.took != time.Minute || r.snapshot.Failure == nil || !r.snapshot.Known() {
					t.Fatal(r.err, r.took, r.snapshot)
				}
				if age := time.Since(r.snapshot.ReadAt); age < 57*time.Second || age > 59*time.Second {
					t.Errorf("the figures are %v old", age)
				}
			})
		})
	}
}

// TestPanicsFailTheCalls that wait for the request, and nothing else.
func TestPanicsFailTheCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := watch.NewPool(cfapi.Config{BaseURL: simulator.BaseURL, Transport: panicking{}}, quota.Default)
		if err != nil {
			t.Fatal(err)
		}
		w, release, err := p.Watcher(cfapi.Credentials{Token: simulator.Token})
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		for range 2 {
			_, err := w.Get(t.Context(), account, simulator.DocumentedID)
			if kindOf(err) != cfapi.Internal || !strings.Contains(fmt.Sprint(errors.Unwrap(err)), "out of order") {
				t.Error(err, errors.Unwrap(err))
			}
		}
		if r := wait(t, w, simulator.DocumentedID, time.Minute); kindOf(r.err) != cfapi.Internal || r.took != 0 {
			t.Error(r.err, r.took)
		}
	})
}

type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("out of order") }

func TestNothingButFailures(t *testing.T) {
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		a.SetFaults(simulator.Always(unavailable))
		if r := wait(t, w, simulator.PolicyTestID, 30*time.Second); kindOf(r.err) != cfapi.Unavailable || r.took != 30*time.Second {
			t.Error(r.err, r.took)
		}
	})
}

func TestEndsOfWaits(t *testing.T) {
	for id, tt := range map[string]struct {
		status cfapi.Status
		took   time.Duration // at most
	}{
		simulator.PolicyTestID:    {cfapi.Complete, 9500 * time.Millisecond},
		"blocked":                 {cfapi.Blocked, 5500 * time.Millisecond},
		"exceeded":                {cfapi.ExceededTime, 7500 * time.Millisecond},
		simulator.BlockedID:       {cfapi.Blocked, 0},
		simulator.ExceededTimeID:  {cfapi.ExceededTime, 0},
		simulator.UnknownStatusID: {"paused", 0},
		simulator.DocumentedID:    {cfapi.Complete, 0},
	} {
		inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
			a.AddUnfinished("blocked", 20, 4*time.Second, cfapi.Blocked, 0.5)
			a.AddUnfinished("exceeded", 20, 6*time.Second, cfapi.ExceededTime, 0.75)
			r := wait(t, w, id, time.Minute)
			if r.err != nil || r.snapshot.Answer.Result.Status != tt.status || r.took > tt.took {
				t.Errorf("%s: %v, %q after %v", id, r.err, r.snapshot.Answer.Result.Status, r.took)
			}
		})
	}
}

// TestShortWaits last as long as they should, but long enough for one answer.
func TestShortWaits(t *testing.T) {
	for _, tt := range []struct{ delay, took time.Duration }{
		{0, time.Second},
		{3 * time.Second, 3 * time.Second},
		{9 * time.Second, 9 * time.Second},
	} {
		inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
			a.SetFaults(simulator.Always(simulator.Fault{Delay: tt.delay}))
			if r := wait(t, w, simulator.PolicyTestID, time.Second); r.err != nil || r.took != tt.took {
				t.Errorf("delay %v: %v after %v", tt.delay, r.err, r.took)
			}
		})
	}
	// There is an end to that, too.
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		a.SetFaults(simulator.Always(simulator.Fault{Delay: time.Hour}))
		if r := wait(t, w, simulator.PolicyTestID, 2*time.Second); kindOf(r.err) != cfapi.Timeout || r.took != 10*time.Second {
			t.Errorf("%v after %v", r.err, r.took)
		}
	})
}

// TestRateLimited: after 429 nothing is sent until the delay is over.
func TestRateLimited(t *testing.T) {
	tooMany := simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"20"}}}
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		a.AddTest("long", 100, time.Minute)
		a.SetFaults(simulator.Once(3, tooMany))
		long := startWait(t, w, "long", 90*time.Second)
		time.Sleep(5 * time.Second)
		began := time.Now()
		for range 10 {
			_, err := w.Get(t.Context(), account, simulator.DocumentedID)
			if failure, ok := errors.AsType[*cfapi.Error](err); !ok || failure.Kind != cfapi.RateLimited || failure.RetryAfter <= 0 || failure.RetryAfter > 20*time.Second {
				t.Errorf("%+v", err)
			}
			if r := wait(t, w, simulator.BlockedID, 5*time.Second); kindOf(r.err) != cfapi.RateLimited || r.took != 0 {
				t.Error(r.err, r.took)
			}
		}
		if time.Since(began) != 0 {
			t.Errorf("it took %v to say no", time.Since(began))
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := a.Requests(); n != 3 {
			t.Errorf("%d requests during the delay", n)
		}
		// Who has the time to wait gets an answer.
		if r := wait(t, w, simulator.DocumentedID, time.Minute); r.err != nil {
			t.Error(r.err)
		}
		<-long.done
		if long.err != nil || long.snapshot.Answer.Result.Status != cfapi.Complete || long.snapshot.Failure != nil {
			t.Error(long.err, long.snapshot)
		}
	})
}
