package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// memory is what several simulators share.
func memory() simulator.Memory {
	var mu sync.Mutex
	started := map[string]time.Time{}
	return simulator.Memory{
		Claim: func(id string, at time.Time) bool {
			mu.Lock()
			defer mu.Unlock()
			if _, taken := started[id]; taken {
				return false
			}
			started[id] = at
			return true
		},
		StartedAt: func(id string) (time.Time, bool) {
			mu.Lock()
			defer mu.Unlock()
			at, ok := started[id]
			return at, ok
		},
	}
}

func startTest(t *testing.T, client *http.Client) string {
	t.Helper()
	req := newRequest(t, http.MethodPost, simulator.BaseURL+"/accounts/"+simulator.AccountID+"/access/policy-tests")
	req.Body = io.NopCloser(strings.NewReader(`{"policies":["a"]}`))
	req.Header.Set("Authorization", right)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body struct{ Result cfapi.StartedPolicyTest }
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil || body.Result.ID == "" {
		t.Fatal(err, body)
	}
	return body.Result.ID
}

// TestMemory: a simulator goes on with the tests that an earlier one has started, from
// where they are by now, and gives no ID twice.
func TestMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := memory()
		first, second := simulator.New(), simulator.New()
		first.SetMemory(shared)
		second.SetMemory(shared)
		one := startTest(t, serve(t, first))
		time.Sleep(4 * time.Second)
		client := serve(t, second)
		if got := ask(t, client, one).result(t); got.Status != cfapi.Processing || *got.PercentUsersProcessed != 50 {
			t.Errorf("half way: %+v", got)
		}
		if two := startTest(t, client); two == one {
			t.Error("the same ID twice")
		}
		time.Sleep(4 * time.Second)
		if got, want := ask(t, client, one).body, ask(t, serve(t, first), one).body; got != want || !strings.Contains(got, "complete") {
			t.Errorf("the second says %s, the first %s", got, want)
		}
		if got := ask(t, client, "nowhere"); got.status != http.StatusNotFound {
			t.Errorf("%d for a test that nobody has started", got.status)
		}
	})
}

// TestMemoryOfTheFuture: a clock that was set back does no harm.
func TestMemoryOfTheFuture(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := simulator.New()
		sim.SetMemory(simulator.Memory{StartedAt: func(string) (time.Time, bool) { return time.Now().Add(time.Hour), true }})
		if got := ask(t, serve(t, sim), "later").result(t); got.Status != cfapi.Processing || *got.PercentUsersProcessed != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// TestIsExample: what a new simulator answers about is an example, and nothing else is.
func TestIsExample(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		simulator.PolicyTestID: true, simulator.BlockedID: true, simulator.ExceededTimeID: true,
		simulator.UnknownStatusID: true, simulator.DocumentedID: true, "nowhere": false,
	} {
		if got := ask(t, serve(t, simulator.New()), id).status == http.StatusOK; got != want || simulator.IsExample(id) != want {
			t.Errorf("%s: known: %v, example: %v", id, got, simulator.IsExample(id))
		}
	}
}
