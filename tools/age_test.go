package tools_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
	"access-policy-mcp/tools"
)

// TestAge: figures that were read more than 15 s ago say how old they are. Here there is
// no room for a second request, so that they are as old as the wait is long.
func TestAge(t *testing.T) {
	for wait, want := range map[int]string{
		15: "",
		16: "These figures are 16 s old.",
		45: "These figures are 45 s old.",
	} {
		synctest.Test(t, func(t *testing.T) {
			sim := simulator.New()
			sim.SetFaults(simulator.Always(simulator.Fault{Status: 200, Header: http.Header{"Ratelimit": {`"default";r=1;t=300`}}, Body: longTest}))
			tool := find(t, newOptions(t, sim), "get_access_policy_test")
			result := call(t, tool, fmt.Sprintf(`{"account_id":"a","policy_test_id":"b","wait_seconds":%d}`, wait))
			if sim.Requests() != 1 {
				t.Fatalf("%d requests", sim.Requests())
			}
			var test tools.PolicyTest
			if err := json.Unmarshal([]byte(text(result, 1)), &test); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(test.Warnings, " "); got != want {
				t.Errorf("after %d s: warnings %q", wait, got)
			}
			if !strings.HasSuffix(test.Summary, want) {
				t.Errorf("after %d s: %s", wait, test.Summary)
			}
			if n := costOf(t, result); n > statusResult {
				t.Errorf("after %d s: %d tokens", wait, n)
			}
		})
	}
}

// TestAgeInWords: a command of this process has its own words for why figures are old;
// clients over MCP read the kind of the error.
func TestAgeInWords(t *testing.T) {
	words := func(*cfapi.Error) string { return "Cloudflare is asleep" }
	for want, watching := range map[string]tools.Watching{
		"The last request failed (upstream_unavailable: HTTP 500": {Limit: 20 * time.Second, Show: func(watch.Snapshot) {}},
		"The last request failed (Cloudflare is asleep: HTTP 500": {Limit: 20 * time.Second, Show: func(watch.Snapshot) {}, Words: words},
	} {
		synctest.Test(t, func(t *testing.T) {
			sim := simulator.New()
			sim.AddTest("b", 1000, time.Hour)
			sim.SetFaults(func(request int) simulator.Fault {
				if request == 1 {
					return simulator.Fault{}
				}
				return simulator.Fault{Status: http.StatusInternalServerError}
			})
			tool := find(t, newOptions(t, sim), "get_access_policy_test")
			ctx := tools.WithWatching(tools.WithCaller(t.Context(), testCaller()), watching)
			result, err := tool.Handler(ctx, request(fmt.Sprintf(`{"account_id":%q,"policy_test_id":"b"}`, simulator.AccountID)))
			if err != nil || result.IsError || !strings.Contains(text(result, 0), want) {
				t.Errorf("%v: %s", err, text(result, 0))
			}
		})
	}
}
