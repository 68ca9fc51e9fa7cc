package simulator_test

import (
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// moment is the state of a test some time after it was first asked for.
type moment struct {
	at   time.Duration
	test cfapi.PolicyTest
}

// watch asks for a test every 100 ms.
func watch(t *testing.T, sim *simulator.Simulator, id string, length time.Duration) []moment {
	t.Helper()
	client := serve(t, sim)
	var moments []moment
	for start := time.Now(); time.Since(start) <= length; time.Sleep(100 * time.Millisecond) {
		moments = append(moments, moment{time.Since(start), ask(t, client, id).result(t)})
	}
	return moments
}

// wantSound checks what holds for any test at any time: figures add up, and none
// goes back.
func wantSound(t *testing.T, moments []moment, id string, users int) {
	t.Helper()
	var before [4]float64
	for _, m := range moments {
		p := m.test
		if p.ID != id || *p.TotalUsers != cfapi.Count(users) {
			t.Errorf("%v: test %q with %d users", m.at, p.ID, *p.TotalUsers)
		}
		processed := float64(*p.UsersApproved + *p.UsersBlocked + *p.UsersErrored)
		wantPercent(t, m.at, "processed", *p.PercentUsersProcessed, processed, float64(users))
		wantPercent(t, m.at, "approved", *p.PercentApproved, float64(*p.UsersApproved), processed)
		wantPercent(t, m.at, "blocked", *p.PercentBlocked, float64(*p.UsersBlocked), processed)
		wantPercent(t, m.at, "errored", *p.PercentErrored, float64(*p.UsersErrored), processed)
		now := [4]float64{*p.PercentUsersProcessed, float64(*p.UsersApproved), float64(*p.UsersBlocked), float64(*p.UsersErrored)}
		for i := range now {
			if now[i] < before[i] {
				t.Errorf("%v: figures went back from %v to %v", m.at, before, now)
			}
		}
		before = now
	}
}

func wantPercent(t *testing.T, at time.Duration, name string, percent, part, whole float64) {
	t.Helper()
	want := 0.0
	if whole > 0 {
		want = 100 * part / whole
	}
	if math.Abs(percent-want) > 0.005001 {
		t.Errorf("%v: %v %% %s, but %v of %v", at, percent, name, part, whole)
	}
}

// wantEnd checks that a test ends in that way at that time, and stays so.
func wantEnd(t *testing.T, moments []moment, end time.Duration, status cfapi.Status, processed float64) {
	t.Helper()
	for _, m := range moments {
		want := cfapi.Processing
		if m.at >= end {
			want = status
		}
		if m.test.Status != want {
			t.Errorf("%v: status is %q, want %q", m.at, m.test.Status, want)
		}
		if got := *m.test.PercentUsersProcessed; got > processed || m.at >= end && got != processed {
			t.Errorf("%v: %v %% processed, want %v %% from %v on", m.at, got, processed, end)
		}
	}
}

func TestExampleTimeline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := simulator.New()
		time.Sleep(time.Hour) // the test starts when it is asked for, not with the simulator
		moments := watch(t, sim, simulator.PolicyTestID, 12*time.Second)
		wantSound(t, moments, simulator.PolicyTestID, 20)
		wantEnd(t, moments, 8*time.Second, cfapi.Complete, 100)

		if first := moments[0].test; first.Status != cfapi.Processing || *first.PercentUsersProcessed != 0 {
			t.Errorf("the test starts as %q with %v %% processed", first.Status, *first.PercentUsersProcessed)
		}
		seen := map[float64]bool{}
		for _, m := range moments {
			seen[*m.test.PercentUsersProcessed] = true
		}
		if len(seen) != 21 {
			t.Errorf("%d different figures for 20 users: they do not come one by one", len(seen))
		}
		last := moments[len(moments)-1].test
		if *last.UsersApproved != 14 || *last.UsersBlocked != 4 || *last.UsersErrored != 2 {
			t.Errorf("the test ends with %d approved, %d blocked, %d errored", *last.UsersApproved, *last.UsersBlocked, *last.UsersErrored)
		}
	})
}

// The bytes, once: every field is there under its documented name.
func TestExampleHalfWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := serve(t, simulator.New())
		ask(t, client, simulator.PolicyTestID)
		time.Sleep(4 * time.Second)
		const want = `{"errors":[],"messages":[],"success":true,"result":{"id":"f1a8b3c9d4e5f6789a0b1c2d3e4f5678a9b0c1d2e3f4a5b67890c1d2e3f4b5a6","status":"processing",` +
			`"percent_users_processed":50,"percent_approved":70,"percent_blocked":20,"percent_errored":10,` +
			`"total_users":20,"users_approved":7,"users_blocked":2,"users_errored":1}}`
		if diff := cmp.Diff(want, strings.TrimSpace(ask(t, client, simulator.PolicyTestID).body)); diff != "" {
			t.Errorf("body (-want +got):\n%s", diff)
		}
	})
}

func TestOtherExamples(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id        string
		end       time.Duration
		status    cfapi.Status
		processed float64
	}{
		{simulator.BlockedID, 0, cfapi.Blocked, 50},
		{simulator.ExceededTimeID, 0, cfapi.ExceededTime, 75},
		{simulator.UnknownStatusID, 0, "paused", 25},
		{"unfinished", 4 * time.Second, cfapi.Blocked, 50},
	} {
		t.Run(c.id, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := simulator.New()
				sim.AddUnfinished("unfinished", 20, 4*time.Second, cfapi.Blocked, 0.5)
				moments := watch(t, sim, c.id, 10*time.Second)
				wantSound(t, moments, c.id, 20)
				wantEnd(t, moments, c.end, c.status, c.processed)
			})
		})
	}
}

// The example of the reference contradicts itself and must stay as it is.
func TestDocumentedExample(t *testing.T) {
	t.Parallel()
	client := serve(t, simulator.New())
	want := cfapi.PolicyTest{
		ID: simulator.PolicyTestID, Status: cfapi.Complete,
		PercentUsersProcessed: new(50.0), PercentApproved: new(25.0), PercentBlocked: new(25.0), PercentErrored: new(25.0),
		TotalUsers: new(cfapi.Count(20)), UsersApproved: new(cfapi.Count(5)), UsersBlocked: new(cfapi.Count(5)), UsersErrored: new(cfapi.Count(5)),
	}
	if diff := cmp.Diff(want, ask(t, client, simulator.DocumentedID).result(t)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

func TestAddedTests(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		users     int
		duration  time.Duration
		processed float64
	}{
		"one":      {1, time.Second, 100},
		"seven":    {7, 3 * time.Second, 100},
		"many":     {54321, 30 * time.Second, 100},
		"at once":  {20, 0, 100},
		"no users": {0, time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := simulator.New()
				sim.AddTest("added", c.users, c.duration)
				moments := watch(t, sim, "added", c.duration+time.Second)
				wantSound(t, moments, "added", c.users)
				wantEnd(t, moments, c.duration, cfapi.Complete, c.processed)
			})
		})
	}
}

// Tests run side by side, each from its own first question on, and all who ask
// at the same moment are told the same.
func TestTestsAreIndependent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := simulator.New()
		sim.AddTest("second", 20, 8*time.Second)
		client := serve(t, sim)
		ask(t, client, simulator.PolicyTestID)
		time.Sleep(6 * time.Second)
		if got := ask(t, client, "second").result(t); got.Status != cfapi.Processing || *got.PercentUsersProcessed != 0 {
			t.Errorf("the second test starts as %+v", got)
		}
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				if got := ask(t, client, simulator.PolicyTestID).result(t); *got.PercentUsersProcessed != 75 {
					t.Errorf("%v %% after 6 of 8 s", *got.PercentUsersProcessed)
				}
			})
		}
		wg.Wait()
		if sim.Requests() != 34 {
			t.Errorf("%d requests were counted, want 34", sim.Requests())
		}
	})
}
