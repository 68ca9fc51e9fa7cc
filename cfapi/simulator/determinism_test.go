package simulator_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"access-policy-mcp/cfapi/simulator"
)

// Goldens and benchmarks elsewhere rest on it: the same requests at the same
// times get the same answers, to the byte.
func TestAnswersAreDetermined(t *testing.T) {
	t.Parallel()
	first, second := transcript(t), transcript(t)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("two runs differ (-first +second):\n%s", diff)
	}
	// A transcript in which nothing happens would be easy to repeat.
	for _, part := range []string{"HTTP 200", "HTTP 401", "HTTP 404", "HTTP 429", "HTTP 503", "EOF", `"processing"`, `"complete"`, `"blocked"`, "Date: Sat, 01 Jan 2000 00:00:0"} {
		if !strings.Contains(first, part) {
			t.Errorf("%q is not in the transcript", part)
		}
	}
}

// transcript is everything that a few clients see in a few seconds.
func transcript(t *testing.T) string {
	var out strings.Builder
	synctest.Test(t, func(t *testing.T) {
		sim := simulator.New()
		sim.AddTest("added", 33, 5*time.Second)
		sim.SetQuota(20, 8*time.Second)
		sim.SetFaults(simulator.Once(5, simulator.Fault{Status: 503, Body: "no"}, simulator.Fault{Delay: 300 * time.Millisecond}, simulator.Fault{Reset: true}))
		client := serve(t, sim)
		ids := []string{simulator.PolicyTestID, simulator.BlockedID, "added", "no-such-test"}
		for i := range 60 {
			token := right
			if i%11 == 3 {
				token = "Bearer other"
			}
			fmt.Fprintf(&out, "%v: %s\n", time.Now().UTC(), attempt(t, client, ids[i%len(ids)], token))
			time.Sleep(250 * time.Millisecond)
		}
	})
	return out.String()
}

// attempt renders one answer, or its absence.
func attempt(t *testing.T, client *http.Client, id, token string) string {
	req := newRequest(t, http.MethodGet, testURL(simulator.BaseURL, simulator.AccountID, id))
	req.Header.Set("Authorization", token)
	resp, err := client.Do(req)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	var lines []string
	for name, values := range resp.Header {
		lines = append(lines, name+": "+strings.Join(values, ", "))
	}
	slices.Sort(lines)
	return fmt.Sprintf("HTTP %d\n%s\n%s%v", resp.StatusCode, strings.Join(lines, "\n"), body, err)
}
