package tools_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

const inlinePolicy = `{"name": "Staff", "decision": "allow", "include": [{"email_domain": {"domain": " example.com ", "weight": 1.0}}], "session_duration": "24h"}`

func startOptions(t *testing.T, api http.Handler) tools.Options {
	options := newOptions(t, api)
	options.DefaultAccountID = simulator.AccountID
	options.AllowStart = true
	return options
}

// TestStartPassesPoliciesOn as they are.
func TestStartPassesPoliciesOn(t *testing.T) {
	var sent struct{ Policies []any }
	sim := simulator.New()
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(data, &sent) != nil || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%v: %s", err, data)
		}
		r.Body = io.NopCloser(strings.NewReader(string(data)))
		sim.ServeHTTP(w, r)
	})
	policies := `["` + simulator.PolicyTestID + `", ` + inlinePolicy + `]`
	result := call(t, find(t, startOptions(t, api), "start_access_policy_test"), `{"policies": `+policies+`}`)
	if result.IsError {
		t.Fatal(text(result, 0))
	}
	var want []any
	if err := json.Unmarshal([]byte(policies), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, sent.Policies); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestStart: what a client gets: testdata/start.txtar.
func TestStart(t *testing.T) {
	g := openGolden(t, "../testdata/start.txtar")
	faults := func(first int, faults ...simulator.Fault) http.Handler {
		sim := simulator.New()
		sim.SetFaults(simulator.Once(first, faults...))
		return sim
	}
	for name, tt := range map[string]struct {
		api       http.Handler
		arguments string
	}{
		"at once":              {simulator.New(), `{"policies": ["abc"]}`},
		"waiting":              {simulator.New(), `{"policies": [` + inlinePolicy + `], "wait_seconds": 45}`},
		"waiting not enough":   {faults(2, simulator.Fault{Status: 200, Body: standingTest}, simulator.Fault{Status: 200, Body: standingTest}, simulator.Fault{Status: 200, Body: standingTest}), `{"policies": ["abc"], "wait_seconds": 1}`},
		"not to be watched":    {faults(2, simulator.Fault{Status: 403}), `{"policies": ["abc"], "wait_seconds": 45}`},
		"unavailable":          {faults(1, simulator.Fault{Status: 503}), `{"policies": ["abc"]}`},
		"reset":                {faults(1, simulator.Fault{Reset: true}), `{"policies": ["abc"]}`},
		"cut off":              {faults(1, simulator.Fault{Status: 200, Body: strings.Repeat("x", 100), CutOff: true}), `{"policies": ["abc"]}`},
		"not readable":         {faults(1, simulator.Fault{Status: 200, Body: "<html>"}), `{"policies": ["abc"]}`},
		"no ID":                {faults(1, simulator.Fault{Status: 200, Body: `{"success": true, "result": {}}`}), `{"policies": ["abc"]}`},
		"refused":              {faults(1, simulator.Fault{Status: 400, Body: notices(`{"code": 12130, "message": "invalid policy"}`)}), `{"policies": ["abc"]}`},
		"not permitted":        {faults(1, simulator.Fault{Status: 403, Body: notices(`{"code": 10000, "message": "Authentication error"}`)}), `{"policies": ["abc"]}`},
		"rate limited":         {faults(1, simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"9"}}}), `{"policies": ["abc"]}`},
		"no policies":          {nil, `{"policies": []}`},
		"policies missing":     {nil, `{}`},
		"too many":             {nil, `{"policies": [` + strings.Repeat(`"a",`, 20) + `"a"]}`},
		"a number":             {nil, `{"policies": [1]}`},
		"a path":               {nil, `{"policies": ["a/b"]}`},
		"an empty policy":      {nil, `{"policies": [{}]}`},
		"an unknown decision":  {nil, `{"policies": [{"name": "x", "decision": "permit", "include": [{"everyone": {}}]}]}`},
		"an unknown field":     {nil, `{"policies": [{"name": "x", "decision": "allow", "include": [{"everyone": {}}], "colour": 1}]}`},
		"a rule of two keys":   {nil, `{"policies": [{"name": "x", "decision": "allow", "include": [{"everyone": {}, "group": {}}]}]}`},
		"a rule that is a key": {nil, `{"policies": [{"name": "x", "decision": "allow", "include": ["everyone"]}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodPost {
						sent++
					}
					if tt.api != nil {
						tt.api.ServeHTTP(w, r)
					}
				})
				result := call(t, find(t, startOptions(t, api), "start_access_policy_test"), tt.arguments)
				if sent > 1 || tt.api == nil && sent > 0 {
					t.Errorf("%d requests to start were sent", sent)
				}
				if result.IsError {
					g.compare(t, name, string(errorInfo(t, result).Kind)+"\n"+text(result, 0))
					return
				}
				g.compare(t, name, text(result, 0)+"\n"+text(result, 1))
			})
		})
	}
}
