package simulator_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi/simulator"
)

// wantQuota checks an answer's quota headers; retryAfter "" is for answers that
// are not refused.
func wantQuota(t *testing.T, r reply, policy, limit, retryAfter string) {
	t.Helper()
	got := []string{r.header.Get("Ratelimit-Policy"), r.header.Get("Ratelimit"), r.header.Get("Retry-After")}
	if want := []string{policy, limit, retryAfter}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("headers are %q, want %q", got, want)
	}
	if retryAfter == "" {
		r.result(t)
		return
	}
	wantFailure(t, r, http.StatusTooManyRequests, 971)
}

func TestQuotaCountsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := simulator.New()
		sim.SetQuota(3, 10*time.Second)
		client := serve(t, sim)
		const policy = `"default";q=3;w=10`
		for _, step := range []struct {
			pause             time.Duration
			limit, retryAfter string
		}{
			{0, `"default";r=2;t=10`, ""},
			{2500 * time.Millisecond, `"default";r=1;t=8`, ""}, // 7.5 s: rounded up, so that nobody asks too early
			{0, `"default";r=0;t=8`, ""},
			{time.Second, `"default";r=0;t=10`, "10"}, // going over costs a whole window
			{4 * time.Second, `"default";r=0;t=6`, "6"},
			{5900 * time.Millisecond, `"default";r=0;t=1`, "1"}, // asking meanwhile does not prolong it
			{100 * time.Millisecond, `"default";r=2;t=10`, ""},
			{9999 * time.Millisecond, `"default";r=1;t=1`, ""},
			{time.Millisecond, `"default";r=2;t=10`, ""},
			{time.Hour, `"default";r=2;t=10`, ""},
		} {
			time.Sleep(step.pause)
			wantQuota(t, ask(t, client, simulator.DocumentedID), policy, step.limit, step.retryAfter)
		}
	})
}

func TestDefaultQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := serve(t, simulator.New())
		const policy = `"default";q=1200;w=300`
		for left := 1199; left >= 0; left-- {
			wantQuota(t, ask(t, client, simulator.DocumentedID), policy, fmt.Sprintf(`"default";r=%d;t=300`, left), "")
		}
		wantQuota(t, ask(t, client, simulator.DocumentedID), policy, `"default";r=0;t=300`, "300")
		time.Sleep(5*time.Minute - time.Millisecond)
		wantQuota(t, ask(t, client, simulator.DocumentedID), policy, `"default";r=0;t=1`, "1")
		time.Sleep(time.Millisecond)
		wantQuota(t, ask(t, client, simulator.DocumentedID), policy, `"default";r=1199;t=300`, "")
	})
}

// Every request counts, refused and failed ones too, and being over the quota
// comes before anything else that may be wrong with a request.
func TestEveryRequestCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := simulator.New()
		sim.SetQuota(4, time.Minute)
		sim.SetFaults(simulator.Once(1, simulator.Fault{Status: 503}))
		client := serve(t, sim)
		if got := ask(t, client, simulator.DocumentedID); got.status != 503 || got.header.Get("Ratelimit") != "" {
			t.Errorf("HTTP %d with %v: a fault replaces the whole answer", got.status, got.header)
		}
		wantFailure(t, ask(t, client, "no-such-test"), http.StatusNotFound, 11021)
		anonymous := newRequest(t, http.MethodGet, testURL(simulator.BaseURL, simulator.AccountID, simulator.DocumentedID))
		wantFailure(t, do(t, client, anonymous), http.StatusBadRequest, 9106)
		if got := ask(t, client, simulator.DocumentedID).header.Get("Ratelimit"); got != `"default";r=0;t=60` {
			t.Errorf("the fourth request has %s", got)
		}
		wantFailure(t, do(t, client, anonymous), http.StatusTooManyRequests, 971)
		if sim.Requests() != 5 {
			t.Errorf("%d requests were counted, want 5", sim.Requests())
		}
	})
}
