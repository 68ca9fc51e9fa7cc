package watch_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
)

// getting is a Get on its way.
type getting struct {
	err  error
	took time.Duration
	done chan struct{}
}

func startGet(ctx context.Context, w *watch.Watcher, id string) *getting {
	g := &getting{done: make(chan struct{})}
	began := time.Now()
	go func() {
		defer close(g.done)
		_, g.err = w.Get(ctx, account, id)
		g.took = time.Since(began)
	}()
	synctest.Wait()
	return g
}

// TestMakerLeaves: a request goes on for those who share it when the caller that makes it is
// canceled, and ends with the last of them.
func TestMakerLeaves(t *testing.T) {
	for name, c := range map[string]struct {
		shared   bool
		took     time.Duration // by the maker
		requests int
	}{
		"alone":  {false, time.Second, 2},
		"shared": {true, 4 * time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
				a.SetFaults(simulator.Always(simulator.Fault{Delay: 4 * time.Second}))
				ctx, cancel := context.WithCancel(t.Context())
				maker := startGet(ctx, w, simulator.DocumentedID)
				var other *getting
				if c.shared {
					other = startGet(t.Context(), w, simulator.DocumentedID)
				}
				time.Sleep(time.Second)
				cancel()
				synctest.Wait()
				if !c.shared {
					other = startGet(t.Context(), w, simulator.DocumentedID)
				}
				<-maker.done
				<-other.done
				if kindOf(maker.err) != cfapi.Canceled || maker.took != c.took {
					t.Errorf("the maker: %v after %v", maker.err, maker.took)
				}
				if other.err != nil || other.took != 4*time.Second || a.Requests() != c.requests {
					t.Errorf("the other: %v after %v, %d requests", other.err, other.took, a.Requests())
				}
			})
		})
	}
}

// TestSharersLeave: when the maker is gone already, the last one to leave ends the request.
func TestSharersLeave(t *testing.T) {
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		a.SetFaults(simulator.Always(simulator.Fault{Delay: time.Hour}))
		first, cancelFirst := context.WithCancel(t.Context())
		second, cancelSecond := context.WithCancel(t.Context())
		maker := startGet(first, w, simulator.DocumentedID)
		sharer := startGet(second, w, simulator.DocumentedID)
		cancelFirst()
		time.Sleep(2 * time.Second)
		cancelSecond()
		<-maker.done
		<-sharer.done
		if maker.took != 2*time.Second || sharer.took != 2*time.Second {
			t.Errorf("after %v and %v", maker.took, sharer.took)
		}
	})
}

// TestMakerWithoutTurn: who came later than a maker that gets no turn in its 10 seconds has
// 10 seconds too.
func TestMakerWithoutTurn(t *testing.T) {
	inBubble(t, 20, func(t *testing.T, a *api, w *watch.Watcher) { // two at once, and then one in 16.7 s
		for _, id := range []string{simulator.BlockedID, simulator.UnknownStatusID} {
			if _, err := w.Get(t.Context(), account, id); err != nil {
				t.Fatal(err)
			}
		}
		maker := startGet(t.Context(), w, simulator.DocumentedID)
		time.Sleep(8 * time.Second)
		sharer := startGet(t.Context(), w, simulator.DocumentedID)
		<-maker.done
		<-sharer.done
		if kindOf(maker.err) != cfapi.RateLimited || maker.took != cfapi.DefaultMaxWait {
			t.Errorf("the maker: %v after %v", maker.err, maker.took)
		}
		if sharer.err != nil || sharer.took > cfapi.DefaultMaxWait || a.Requests() != 3 {
			t.Errorf("the sharer: %v after %v, %d requests", sharer.err, sharer.took, a.Requests())
		}
	})
}

// TestDrainEndsOwnRequests: a maker leaves with those who share its request.
func TestDrainEndsOwnRequests(t *testing.T) {
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		a.SetFaults(simulator.Always(simulator.Fault{Delay: time.Hour}))
		ctx, cancel := context.WithCancel(t.Context())
		maker := startGet(ctx, w, "test")
		sharer := startGet(t.Context(), w, "test")
		cancel()
		w.Drain()
		<-maker.done
		<-sharer.done
		if kindOf(maker.err) != cfapi.Canceled || kindOf(sharer.err) != cfapi.Timeout || maker.took != 3*time.Second || sharer.took != 3*time.Second {
			t.Errorf("%v after %v, %v after %v", maker.err, maker.took, sharer.err, sharer.took)
		}
	})
}
