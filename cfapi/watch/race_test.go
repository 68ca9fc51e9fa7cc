package watch_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
)

// TestGetsAndWaitsAtOnce: whoever comes when an answer does, nobody gets one in which
// nothing is known.
func TestGetsAndWaitsAtOnce(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{
		"failure": {Status: 404, Delay: time.Second},
		"answer":  {Status: 200, Delay: time.Second, Body: `{"success":true,"result":{"status":"processing"}}`},
	} {
		for range 20 {
			inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
				a.SetFaults(simulator.Always(fault))
				var wg sync.WaitGroup
				for i := range 60 {
					wg.Go(func() {
						if i%3 == 0 {
							time.Sleep(time.Second)
							_, _ = w.Wait(t.Context(), account, "test", 5*time.Second, nil)
							return
						}
						snapshot, err := w.Get(t.Context(), account, "test")
						if (name == "failure") != (kindOf(err) == cfapi.NotFound) || err == nil && !snapshot.Known() {
							t.Errorf("%s: %v, %+v", name, err, snapshot)
						}
					})
				}
				wg.Wait()
			})
		}
	}
}

// TestCallsWhileDraining: a plain call that comes while the server ends is answered.
func TestCallsWhileDraining(t *testing.T) {
	for i := range 50 {
		inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
			w.Drain()
			id := fmt.Sprint("test-", i)
			a.AddTest(id, 10, time.Minute)
			if _, err := w.Get(t.Context(), account, id); err != nil {
				t.Error(err)
			}
		})
	}
}
