package tools_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mark3labs/mcp-go/mcp"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

// TestOnlyServedToolsAreNamed: whichever tools are served, no text that a model can
// read names another one.
func TestOnlyServedToolsAreNamed(t *testing.T) {
	var names []string
	for _, tool := range everything(t, http.NotFoundHandler()).Tools {
		names = append(names, tool.Tool.Name)
	}
	for set := 1; set < 1<<len(names); set++ {
		var served []string
		for i, name := range names {
			if set&(1<<i) != 0 {
				served = append(served, name)
			}
		}
		t.Run(strings.Join(served, "+"), func(t *testing.T) {
			all := textsOf(t, served)
			if all["instructions"] == "" || !slices.ContainsFunc(served, func(name string) bool { return strings.Contains(all["instructions"], name) }) {
				t.Errorf("the instructions name no tool: %q", all["instructions"])
			}
			for where, text := range all {
				for _, name := range names {
					if !slices.Contains(served, name) && strings.Contains(text, name) {
						t.Errorf("%s names %s: %s", where, name, text)
					}
				}
			}
		})
	}
	t.Run("what the test looks for", func(t *testing.T) {
		all := textsOf(t, names)
		for _, where := range []string{"start_access_policy_test waiting", "start_access_policy_test", "prompt review_access_policy_test", "prompt test_access_policy"} {
			if !strings.Contains(all[where], "call get_access_policy_test") && !strings.Contains(all[where], "call list_access_policy_test_users") &&
				!strings.Contains(all[where], "Call get_access_policy_test") {
				t.Errorf("%s names no other tool: %q", where, all[where])
			}
		}
	})
}

// textsOf returns what a model can read of a catalog with these tools: what is listed,
// and the results of calls that succeed and that fail.
func textsOf(t *testing.T, served []string) map[string]string {
	t.Helper()
	options := newOptions(t, http.NotFoundHandler())
	options.AllowStart, options.Names = true, served
	catalog := newCatalog(t, options)
	texts := map[string]string{"instructions": catalog.Instructions}
	for _, resource := range catalog.ResourceTemplates {
		texts["resource "+resource.Template.Name] = toJSON(t, resource.Template)
	}
	for _, prompt := range catalog.Prompts {
		result, err := prompt.Handler(t.Context(), mcp.GetPromptRequest{Params: mcp.GetPromptParams{
			Arguments: map[string]string{"policy_test_id": "TEST", "policy": "POLICY", "account_id": "ACCOUNT"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		texts["prompt "+prompt.Prompt.Name] = toJSON(t, prompt.Prompt) + toJSON(t, result)
	}
	for _, tool := range catalog.Tools {
		texts["definition of "+tool.Tool.Name] = toJSON(t, tool.Tool)
		maps.Copy(texts, resultsOf(t, options, tool.Tool))
	}
	return texts
}

// resultsOf returns results of a tool, good and bad.
func resultsOf(t *testing.T, options tools.Options, tool mcp.Tool) map[string]string {
	t.Helper()
	texts := map[string]string{}
	good, waiting := sampleArguments(t, tool), sampleArguments(t, tool, "wait_seconds")
	other := testCaller()
	other.Accounts = []string{"other"}
	add := func(where string, api http.Handler, caller tools.Caller, arguments string) {
		synctest.Test(t, func(t *testing.T) {
			options.Pool = newOptions(t, api).Pool
			texts[tool.Name+where] = toJSON(t, callAs(t, caller, find(t, options, tool.Name), arguments))
		})
	}
	add("", simulator.New(), testCaller(), good)
	add(" waiting", simulator.New(), testCaller(), waiting)
	add(" with bad arguments", simulator.New(), testCaller(), `{"x": 1}`)
	add(" without a credential", simulator.New(), tools.Caller{}, good)
	add(" of another account", simulator.New(), other, good)
	for _, status := range []int{200, 302, 400, 401, 403, 404, 429, 503} {
		add(" with HTTP "+http.StatusText(status), body(status, nil, ""), testCaller(), good)
	}
	for first := 1; first <= 3; first++ {
		sim := simulator.New()
		sim.SetFaults(simulator.Once(first, simulator.Fault{Status: 403}))
		add(" with a failing request", sim, testCaller(), waiting)
	}
	return texts
}

func toJSON(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
