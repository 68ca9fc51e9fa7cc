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

// TestManyCostAsMuchAsOne: the API notices no difference between one who waits
// and many.
func TestManyCostAsMuchAsOne(t *testing.T) {
	requests := map[int]int{}
	for _, n := range []int{1, 1000} {
		inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
			var all []*waiting
			for range n {
				all = append(all, startWait(t, w, simulator.PolicyTestID, time.Minute))
			}
			for _, r := range all {
				<-r.done
				if r.err != nil || r.snapshot.Answer.Result.Status != cfapi.Complete {
					t.Fatal(r.err, r.snapshot)
				}
			}
			requests[n] = a.Requests()
		})
	}
	// The intervals are jittered, so that the numbers may differ by one.
	if d := requests[1000] - requests[1]; d < -1 || d > 1 || requests[1] > 10 {
		t.Errorf("requests: %v", requests)
	}
}

func TestLateJoinerHearsAtOnce(t *testing.T) {
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		a.AddTest("long", 1000, 10*time.Minute)
		first := startWait(t, w, "long", 100*time.Second)
		time.Sleep(65 * time.Second)
		synctest.Wait()
		before := a.Requests()
		late := startWait(t, w, "long", 3*time.Second)
		synctest.Wait()
		if len(late.reports) != 1 || a.Requests() != before {
			t.Errorf("%d reports, %d requests more", len(late.reports), a.Requests()-before)
		}
		<-late.done
		<-first.done
		if first.err != nil || late.err != nil || !late.snapshot.Known() {
			t.Error(first.err, late.err, late.snapshot)
		}
	})
}

func TestGetShares(t *testing.T) {
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		a.AddTest("long", 1000, 10*time.Minute)
		a.SetFaults(simulator.Always(simulator.Fault{Delay: 500 * time.Millisecond}))
		get := func() {
			if _, err := w.Get(t.Context(), account, "long"); err != nil {
				t.Error(err)
			}
		}
		expect := func(n int, when string) {
			t.Helper()
			synctest.Wait()
			if got := a.Requests(); got != n {
				t.Errorf("%s: %d requests", when, got)
			}
		}
		go get()
		go get()
		expect(1, "two at once")
		time.Sleep(300 * time.Millisecond)
		get()
		expect(1, "one while another is under way")
		time.Sleep(990 * time.Millisecond)
		get()
		expect(1, "one within a second")
		time.Sleep(20 * time.Millisecond)
		get()
		expect(2, "one after a second")
	})
}

func TestFinishedTestsAreRemembered(t *testing.T) {
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		for range 2 {
			if r := wait(t, w, simulator.DocumentedID, time.Minute); r.err != nil || r.took != 0 {
				t.Error(r.err, r.took)
			}
			time.Sleep(10 * time.Second)
		}
		if n := a.Requests(); n != 1 {
			t.Errorf("%d requests", n)
		}
		time.Sleep(time.Minute)
		wait(t, w, simulator.DocumentedID, time.Minute)
		if n := a.Requests(); n != 2 {
			t.Errorf("%d requests after the memory has faded", n)
		}
	})
}

// TestOldFiguresAreNotCurrent: what was read before anybody watched is no answer
// to a wait, and figures that have grown old on the way come with a warning.
func TestOldFiguresAreNotCurrent(t *testing.T) {
	hang := simulator.Always(simulator.Fault{Delay: time.Hour})
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		a.AddTest("long", 1000, 10*time.Minute)
		if _, err := w.Get(t.Context(), account, "long"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Second)
		a.SetFaults(hang)
		if r := wait(t, w, "long", 2*time.Second); kindOf(r.err) != cfapi.Timeout {
			t.Errorf("%v, %+v", r.err, r.snapshot)
		}
		a.SetFaults(simulator.Always(unavailable))
		if r := wait(t, w, "long", 2*time.Second); kindOf(r.err) != cfapi.Unavailable {
			t.Errorf("%v, %+v", r.err, r.snapshot)
		}
	})
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		a.AddTest("long", 1000, 10*time.Minute)
		a.SetFaults(func(n int) simulator.Fault {
			if n > 1 {
				return hang(n)
			}
			return simulator.Fault{}
		})
		if r := wait(t, w, "long", 22*time.Second); r.err != nil || r.snapshot.Failure == nil || r.took != 22*time.Second {
			t.Errorf("%v after %v, %+v", r.err, r.took, r.snapshot)
		}
	})
}

// TestDrainEndsPlainCalls as well, soon after.
func TestDrainEndsPlainCalls(t *testing.T) {
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		a.SetFaults(simulator.Always(simulator.Fault{Delay: time.Hour}))
		began := time.Now()
		time.AfterFunc(2*time.Second, w.Drain)
		if _, err := w.Get(t.Context(), account, "test"); kindOf(err) != cfapi.Timeout || time.Since(began) > 6*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestLeaving: who leaves, leaves at once; the others do not notice; when nobody
// is left nothing more is sent.
func TestLeaving(t *testing.T) {
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		stays := startWait(t, w, simulator.PolicyTestID, time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := w.Wait(ctx, account, simulator.PolicyTestID, time.Minute, nil)
			left <- err
		}()
		time.Sleep(3500 * time.Millisecond)
		before := time.Now()
		cancel()
		if err := <-left; kindOf(err) != cfapi.Canceled || time.Since(before) != 0 {
			t.Errorf("%v after %v", err, time.Since(before))
		}
		<-stays.done
		if stays.err != nil || stays.snapshot.Answer.Result.Status != cfapi.Complete {
			t.Error(stays.err, stays.snapshot)
		}
		requests := a.Requests()
		time.Sleep(time.Hour)
		if a.Requests() != requests {
			t.Error("polled for nobody")
		}
	})
}

// TestNobodyLeftCancelsTheRequest, also if somebody new comes in the meantime.
func TestNobodyLeftCancelsTheRequest(t *testing.T) {
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		a.SetFaults(simulator.Once(1, simulator.Fault{Delay: time.Hour}))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := w.Get(ctx, account, simulator.DocumentedID); kindOf(err) != cfapi.Timeout {
			t.Error(err)
		}
		began := time.Now()
		if _, err := w.Get(t.Context(), account, simulator.DocumentedID); err != nil || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestDrain(t *testing.T) {
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		r := startWait(t, w, simulator.PolicyTestID, time.Minute)
		time.Sleep(2500 * time.Millisecond)
		w.Drain()
		w.Drain()
		<-r.done
		if r.err != nil || !r.snapshot.Known() || r.took != 2500*time.Millisecond {
			t.Error(r.err, r.snapshot, r.took)
		}
		// Who comes now gets what can be had at once.
		a.SetFaults(simulator.Always(simulator.Fault{Delay: time.Second}))
		if r := wait(t, w, simulator.BlockedID, time.Minute); r.err != nil || r.took != time.Second {
			t.Error(r.err, r.took)
		}
		a.SetFaults(simulator.Always(simulator.Fault{Delay: time.Hour}))
		if r := wait(t, w, simulator.UnknownStatusID, time.Minute); kindOf(r.err) != cfapi.Timeout || r.took > 5*time.Second {
			t.Error(r.err, r.took)
		}
	})
}
