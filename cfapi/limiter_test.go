package cfapi_test

import (
	"context"
	"net/http"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// limiter grants so many turns, and remembers what it was asked and told.
type limiter struct {
	grants int

	mu     sync.Mutex
	turns  []cfapi.Turn
	told   []string // per answer, the kind of its failure
	limits []cfapi.RateLimit
}

func (l *limiter) Wait(ctx context.Context, turn cfapi.Turn) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turns = append(l.turns, turn)
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(l.turns) > l.grants {
		return &cfapi.Error{Kind: cfapi.RateLimited, Summary: "not now", RetryAfter: 7 * time.Second}
	}
	return nil
}

func (l *limiter) Learn(limit cfapi.RateLimit, failure *cfapi.Error) {
	kind := ""
	if failure != nil {
		kind = string(failure.Kind)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told, l.limits = append(l.told, kind), append(l.limits, limit)
}

func limited(t *testing.T, grants int) (*cfapi.Client, *limiter, *simulator.Simulator) {
	t.Helper()
	sim, l := simulator.New(), &limiter{grants: grants}
	transport, stop := simulator.Serve(sim)
	t.Cleanup(stop)
	client, err := cfapi.New(cfapi.Config{BaseURL: simulator.BaseURL, Credentials: everySecret, Transport: transport, Limiter: l})
	if err != nil {
		t.Fatal(err)
	}
	return client, l, sim
}

// TestLimiterIsAskedForEveryRequest, and for no more than are sent.
func TestLimiterIsAskedForEveryRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults   []simulator.Fault
		grants   int
		asked    int
		requests int
		kind     cfapi.Kind
	}{
		"answer at once":       {nil, 9, 1, 1, ""},
		"no turn":              {nil, 0, 1, 0, cfapi.RateLimited},
		"not worth a retry":    {[]simulator.Fault{{Status: 404}}, 9, 1, 1, cfapi.NotFound},
		"no turn for a retry":  {[]simulator.Fault{{Status: 503}}, 1, 2, 1, cfapi.Unavailable},
		"one retry, enough":    {[]simulator.Fault{{Status: 503}}, 2, 2, 2, ""},
		"one retry of two":     {[]simulator.Fault{{Status: 503}, {Status: 503}}, 2, 3, 2, cfapi.Unavailable},
		"more than needed":     {[]simulator.Fault{{Status: 503}, {Status: 503}, {Status: 503}}, 9, 3, 3, cfapi.Unavailable},
		"broken connection":    {[]simulator.Fault{{Reset: true}}, 1, 2, 1, cfapi.Unavailable},
		"refused by the quota": {[]simulator.Fault{{Status: 429}}, 9, 1, 1, cfapi.RateLimited},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, l, sim := limited(t, c.grants)
				sim.SetFaults(simulator.Once(1, c.faults...))
				_, err := get(t.Context(), client)
				if c.kind == "" && err != nil {
					t.Errorf("error is %v", err)
				}
				if c.kind != "" {
					wantKind(t, err, c.kind)
				}
				if len(l.turns) != c.asked || sim.Requests() != c.requests {
					t.Errorf("asked %d times for %d requests, want %d and %d", len(l.turns), sim.Requests(), c.asked, c.requests)
				}
			})
		})
	}
}

// TestNoMethodGoesAroundTheLimiter: a refusal comes back as it is, and nothing is
// sent.
func TestNoMethodGoesAroundTheLimiter(t *testing.T) {
	t.Parallel()
	exchanges := map[string]func(context.Context, *cfapi.Client) error{
		"Reach":         func(ctx context.Context, c *cfapi.Client) error { _, err := c.Reach(ctx); return err },
		"GetPolicyTest": func(ctx context.Context, c *cfapi.Client) error { _, err := get(ctx, c); return err },
		"ListPolicyTestUsers": func(ctx context.Context, c *cfapi.Client) error {
			_, err := c.ListPolicyTestUsers(ctx, simulator.AccountID, simulator.PolicyTestID, 1, 25, "")
			return err
		},
		"StartPolicyTest": func(ctx context.Context, c *cfapi.Client) error {
			_, err := c.StartPolicyTest(ctx, simulator.AccountID, nil)
			return err
		},
		"VerifyUserToken": func(ctx context.Context, c *cfapi.Client) error { _, err := c.VerifyUserToken(ctx); return err },
		"VerifyAccountToken": func(ctx context.Context, c *cfapi.Client) error {
			_, err := c.VerifyAccountToken(ctx, simulator.AccountID)
			return err
		},
	}
	for method := range reflect.TypeFor[*cfapi.Client]().Methods() {
		if method.Type.NumOut() == 2 && exchanges[method.Name] == nil {
			t.Errorf("%s is not tried", method.Name)
		}
	}
	for name, call := range exchanges {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, l, sim := limited(t, 0)
			failure := wantKind(t, call(t.Context(), client), cfapi.RateLimited)
			if failure.RetryAfter != 7*time.Second || failure.MayBeDone || sim.Requests() != 0 || len(l.turns) != 1 || l.turns[0].MaxWait != cfapi.DefaultMaxWait {
				t.Errorf("%+v, %d requests, turns %+v", failure, sim.Requests(), l.turns)
			}
		})
	}
}

// TestLimiterIsToldEveryAnswer, with its quota, whether it is a failure or not.
func TestLimiterIsToldEveryAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, l, sim := limited(t, 9)
		quota := http.Header{"Ratelimit": {`"default";r=3;t=9`}}
		sim.SetFaults(simulator.Once(1, simulator.Fault{Status: 503, Header: quota}, simulator.Fault{Reset: true}))
		if _, err := get(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		want := cfapi.RateLimit{Known: true, Remaining: 3, Reset: 9 * time.Second}
		if len(l.told) != 2 || l.told[0] != string(cfapi.Unavailable) || l.told[1] != "" || l.limits[0] != want {
			t.Errorf("told %q, %+v", l.told, l.limits)
		}
	})
}

// TestTurn reaches the limiter, and Granted is called before the request is sent.
func TestTurn(t *testing.T) {
	t.Parallel()
	client, l, sim := limited(t, 1)
	granted := false
	turn := cfapi.Turn{Repeating: true, MaxWait: time.Minute, Granted: func() { granted = sim.Requests() == 0 }}
	if _, err := get(t.Context(), client.WithTurn(turn)); err != nil || !granted {
		t.Errorf("%v, granted before the request: %t", err, granted)
	}
	sim.SetFaults(simulator.Always(simulator.Fault{Status: 503}))
	before := sim.Requests()
	l.grants = 9
	_, err := get(t.Context(), client.WithTurn(cfapi.Turn{Once: true}))
	if wantKind(t, err, cfapi.Unavailable); sim.Requests()-before != 1 {
		t.Errorf("%d requests instead of one", sim.Requests()-before)
	}
	if got := l.turns[0]; !got.Repeating || got.MaxWait != time.Minute {
		t.Errorf("%+v", got)
	}
}
