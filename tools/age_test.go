package tools_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"access-policy-mcp/cfapi/simulator"
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
