package cfapi_test

import (
	"testing"
	"testing/synctest"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// Who keeps a budget of requests must be asked for every one beyond the first,
// and for no more than are sent.
func TestAllowingRetries(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults   []simulator.Fault
		allowed  int // how often the answer is yes
		asked    int
		requests int
		kind     cfapi.Kind
	}{
		"answer at once":      {nil, 0, 0, 1, ""},
		"not worth a retry":   {[]simulator.Fault{{Status: 404}}, 0, 0, 1, cfapi.NotFound},
		"none allowed":        {[]simulator.Fault{{Status: 503}}, 0, 1, 1, cfapi.Unavailable},
		"one allowed, enough": {[]simulator.Fault{{Status: 503}}, 1, 1, 2, ""},
		"one allowed of two":  {[]simulator.Fault{{Status: 503}, {Status: 503}}, 1, 2, 2, cfapi.Unavailable},
		"more than needed":    {[]simulator.Fault{{Status: 503}, {Status: 503}, {Status: 503}}, 9, 2, 3, cfapi.Unavailable},
		"broken connection":   {[]simulator.Fault{{Reset: true}}, 0, 1, 1, cfapi.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, sim := simulated(t)
				sim.SetFaults(simulator.Once(1, c.faults...))
				asked := 0
				_, err := get(t.Context(), client.AllowingRetries(func() bool {
					asked++
					return asked <= c.allowed
				}))
				if c.kind == "" && err != nil {
					t.Errorf("error is %v", err)
				}
				if c.kind != "" {
					wantKind(t, err, c.kind)
				}
				if asked != c.asked || sim.Requests() != c.requests {
					t.Errorf("asked %d times for %d requests, want %d and %d", asked, sim.Requests(), c.asked, c.requests)
				}
			})
		})
	}
}

// The limit is that of the derived client alone.
func TestAllowingRetriesLeavesTheOriginal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, sim := simulated(t)
		sim.SetFaults(simulator.Always(simulator.Fault{Status: 503}))
		limited := client.AllowingRetries(func() bool { return false })
		_, err := get(t.Context(), client)
		if failure := wantKind(t, err, cfapi.Unavailable); failure.HTTPStatus != 503 || sim.Requests() != 3 {
			t.Errorf("%d requests, failure %v", sim.Requests(), failure)
		}
		_, err = get(t.Context(), limited)
		if failure := wantKind(t, err, cfapi.Unavailable); failure.HTTPStatus != 503 || sim.Requests() != 4 {
			t.Errorf("%d requests, failure %v", sim.Requests(), failure)
		}
	})
}
