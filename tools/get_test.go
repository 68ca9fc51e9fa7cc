package tools_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools/typed"
)

const goodArguments = `{"account_id": "` + simulator.AccountID + `", "policy_test_id": "` + simulator.PolicyTestID + `"}`

// standingTest is a test that does not move, so that it does not matter how often the
// API is asked.
const standingTest = `{"success": true, "result": {"status": "processing", "percent_users_processed": 25, "total_users": 20}}`

// TestGetResults turns API bodies into results: testdata/results.txtar holds for
// each case the body and what a client gets for it.
func TestGetResults(t *testing.T) {
	g := openGolden(t, "../testdata/results.txtar")
	for name, answer := range g.inputs("/api") {
		t.Run(name, func(t *testing.T) {
			options := newOptions(t, body(http.StatusOK, nil, answer))
			tool := find(t, options, "get_access_policy_test")
			result := call(t, tool, goodArguments)
			if result.IsError {
				t.Fatal(text(result, 0))
			}
			structured := string(result.StructuredContent.(typed.JSON))
			if len(result.Content) != 2 || text(result, 1) != structured {
				t.Errorf("content[1] is not the structured content")
			}
			var summary struct{ Summary string }
			if err := json.Unmarshal([]byte(structured), &summary); err != nil || summary.Summary != text(result, 0) {
				t.Errorf("content[0] is not the summary: %v", err)
			}
			instance, err := jsonschema.UnmarshalJSON(strings.NewReader(structured))
			if err != nil {
				t.Fatal(err)
			}
			if err := compileSchema(t, tool.Tool.RawOutputSchema).Validate(instance); err != nil {
				t.Errorf("the result does not match the output schema: %v", err)
			}
			var indented bytes.Buffer
			if err := json.Indent(&indented, []byte(structured), "", "  "); err != nil {
				t.Fatal(err)
			}
			g.compare(t, name+"/result", indented.String())
		})
	}
}

// TestWaiting: what a client gets when the test ends in time, when it does not,
// and when the API fails on the way.
func TestWaiting(t *testing.T) {
	g := openGolden(t, "../testdata/waits.txtar")
	unavailable := simulator.Fault{Status: 503, Body: "<title>Down</title>"}
	standing := simulator.Fault{Status: 200, Body: standingTest}
	for name, tt := range map[string]struct {
		seconds string
		faults  func(int) simulator.Fault
	}{
		"to the end":             {"45", nil},
		"a whole number as well": {"45.0", nil},
		"time up":                {"3", simulator.Always(standing)},
		"failing to the end": {"30", func(n int) simulator.Fault {
			if n > 3 {
				return unavailable
			}
			return simulator.Fault{}
		}},
		"failing from the start": {"20", simulator.Always(unavailable)},
		"refused on the way":     {"20", simulator.Once(3, simulator.Fault{Status: 401})},
		"too long":               {"601", nil},
		"negative":               {"-1", nil},
		"a fraction":             {"1.5", nil},
		"a string":               {`"45"`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := simulator.New()
				sim.SetFaults(tt.faults)
				result := call(t, find(t, newOptions(t, sim), "get_access_policy_test"),
					strings.TrimSuffix(goodArguments, "}")+`, "wait_seconds": `+tt.seconds+`}`)
				if result.IsError {
					g.compare(t, name, string(errorInfo(t, result).Kind)+"\n"+text(result, 0))
				} else {
					// The intervals are jittered.
					age := regexp.MustCompile(`are \d+ s old`)
					g.compare(t, name, age.ReplaceAllString(text(result, 0)+"\n"+text(result, 1), "are N s old"))
				}
			})
		})
	}
}

// TestSummaryHasEveryFigure reads the figures of a result back from its summary,
// because some hosts show a model nothing else.
func TestSummaryHasEveryFigure(t *testing.T) {
	options := newOptions(t, body(http.StatusOK, nil, `{"success": true, "result": {"status": "processing", "total_users": 1001, "percent_users_processed": 51.5,
		"percent_approved": 11.25, "percent_blocked": 22.125, "percent_errored": 33.0625, "users_approved": 101, "users_blocked": 202, "users_errored": 303}}`))
	result := call(t, find(t, options, "get_access_policy_test"), goodArguments)
	for _, figure := range []string{"1001", "51.5%", "11.25%", "22.125%", "33.0625%", "101", "202", "303", "5 s"} {
		if !strings.Contains(text(result, 0), figure) {
			t.Errorf("the summary lacks %s: %s", figure, text(result, 0))
		}
	}
}
