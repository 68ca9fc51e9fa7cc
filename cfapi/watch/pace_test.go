package watch_test

import (
	"fmt"
	"testing"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
)

// TestEndIsNoticed within about a tenth of the run time, from 1 s to 10 s, and
// with few requests.
func TestEndIsNoticed(t *testing.T) {
	for _, run := range []time.Duration{0, time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, 100 * time.Second, 590 * time.Second} {
		t.Run(run.String(), func(t *testing.T) {
			inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
				a.AddTest("test", 1000, run)
				r := wait(t, w, "test", 10*time.Minute)
				if r.err != nil || r.snapshot.Answer.Result.Status != cfapi.Complete {
					t.Fatal(r.err, r.snapshot)
				}
				const jitter = 1.1
				allowed := min(max(run/10, time.Second), 10*time.Second)
				if late := r.took - run; late > time.Duration(jitter*float64(allowed)) {
					t.Errorf("noticed %v late", late)
				}
				if most := 14 + int(run/(9*time.Second)); a.Requests() > most {
					t.Errorf("%d requests, want at most %d", a.Requests(), most)
				}
			})
		})
	}
}

// TestStandstill: a test that does not move is not asked for every second.
func TestStandstill(t *testing.T) {
	for name, result := range map[string]string{
		"at 0 %":          `{"status": "processing", "percent_users_processed": 0}`,
		"at 99.9 %":       `{"status": "processing", "percent_users_processed": 99.9}`,
		"without figures": `{"status": "processing"}`,
		"without a word":  `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
				a.SetFaults(simulator.Always(simulator.Fault{Status: 200, Body: `{"success": true, "result": ` + result + `}`}))
				r := wait(t, w, "test", 10*time.Minute)
				if r.err != nil || r.took != 10*time.Minute {
					t.Error(r.err, r.took)
				}
				if n := a.Requests(); n < 50 || n > 110 {
					t.Errorf("%d requests in 10 minutes", n)
				}
				checkReports(t, r)
			})
		})
	}
}

// checkReports: at least one every 15 s, none in the last second.
func checkReports(t *testing.T, r *waiting) {
	t.Helper()
	for i := 1; i < len(r.reports); i++ {
		if gap := r.reports[i].Sub(r.reports[i-1]); gap > 15*time.Second {
			t.Errorf("nothing was reported for %v", gap)
		}
	}
	if len(r.reports) == 0 {
		t.Error("no reports")
	} else if gap := r.took - r.reports[len(r.reports)-1].Sub(r.reports[0]); gap < time.Second {
		t.Errorf("the last report was %v before the end", gap)
	}
}

// TestHeartbeatWithoutAnswer: who waits for the first answer hears that, too.
func TestHeartbeatWithoutAnswer(t *testing.T) {
	inBubble(t, quota.Default, func(t *testing.T, a *api, w *watch.Watcher) {
		a.SetFaults(simulator.Always(simulator.Fault{Delay: time.Hour}))
		r := wait(t, w, "test", 50*time.Second)
		if len(r.reports) < 3 || kindOf(r.err) != cfapi.Timeout {
			t.Errorf("%d reports, %v", len(r.reports), r.err)
		}
	})
}

// TestJitter: tests that start together do not stay in step.
func TestJitter(t *testing.T) {
	inBubble(t, quota.Max, func(t *testing.T, a *api, w *watch.Watcher) {
		var all []*waiting
		for i := range 3 {
			id := fmt.Sprint("test-", i)
			a.AddTest(id, 1000, 200*time.Second)
			all = append(all, startWait(t, w, id, 100*time.Second))
		}
		for _, r := range all {
			<-r.done
		}
		same := 0
		for i := 1; i < len(a.times); i++ {
			if a.times[i].Equal(a.times[i-1]) {
				same++
			}
		}
		if same > 4 { // the first requests are sent at once
			t.Errorf("%d of %d requests came together", same, len(a.times))
		}
	})
}
