package tools_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/santhosh-tekuri/jsonschema/v6"

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

// policiesAsWritten have numbers that floating-point numbers cannot hold, in notations
// that a careless re-encoding would change, and strings with characters that encoders
// escape in different ways.
const policiesAsWritten = `["` + simulator.PolicyTestID + `", {"name": "a<b>&\u003c\u0026\"\\\u2028ü\ud83d\ude00", "decision": "allow",
	"include": [{"geo": {"a": 12345678901234567890, "b": 1.0, "c": 1e2, "d": 0.1000, "e": -0, "f": -0.0, "g": 1E+2, "h": 9007199254740993,
		"j": [1.0, [2.50, {"k": 3.0e-7}], 123456789012345678901234567890.123456789012345678901234567890]}},
		{"x": {"domain": " example.com ", "weight": 1.0}}],
	"exclude": [{"y": 1.0}], "require": [{"z": [10000000000000000000000]}], "approval_groups": [{"approvals_needed": 1.0}]}]`

// TestStartPassesPoliciesOn: whichever way a call comes, Cloudflare gets every number as
// it is written, and every string with its meaning.
func TestStartPassesPoliciesOn(t *testing.T) {
	const modern = `,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`
	message := func(meta string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"start_access_policy_test","arguments":{"policies":` + policiesAsWritten + `}` + meta + `}}`
	}
	ctx := tools.WithCaller(context.Background(), testCaller())
	handle := func(meta string) func(*testing.T, *server.MCPServer) {
		return func(t *testing.T, s *server.MCPServer) {
			t.Log(toJSON(t, s.HandleMessage(ctx, json.RawMessage(message(meta)))))
		}
	}
	post := func(meta string) func(*testing.T, *server.MCPServer) {
		return func(_ *testing.T, s *server.MCPServer) {
			r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(message(meta))).WithContext(ctx)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Accept", "application/json, text/event-stream")
			if meta != "" {
				r.Header.Set("Mcp-Protocol-Version", "2026-07-28")
				r.Header.Set("Mcp-Method", "tools/call")
				r.Header.Set("Mcp-Name", "start_access_policy_test")
			}
			server.NewStreamableHTTPServer(s, server.WithStateLess(true)).ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	for name, send := range map[string]func(*testing.T, *server.MCPServer){
		"message": handle(""), "stateless message": handle(modern), "HTTP": post(""), "stateless HTTP": post(modern),
	} {
		t.Run(name, func(t *testing.T) {
			var requests requestLog
			s := server.NewMCPServer("", "")
			s.AddTools(newCatalog(t, startOptions(t, &requests)).Tools...)
			send(t, s)
			if len(requests.sent) != 1 || requests.sent[0].contentType != "application/json" {
				t.Fatalf("%+v", requests.sent)
			}
			want := decodeExactly(t, `{"policies": `+policiesAsWritten+`}`)
			if diff := cmp.Diff(want, decodeExactly(t, requests.sent[0].body)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// decodeExactly keeps numbers as they are written.
func decodeExactly(t *testing.T, data string) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return value
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
		"not a success":        {faults(1, simulator.Fault{Status: 200, Body: `{"success": true, "result": {"id": "abc", "status": "queued \"for\" later"}}`}), `{"policies": ["abc"]}`},
		"without a status":     {faults(1, simulator.Fault{Status: 200, Body: `{"success": true, "result": {"id": "abc"}}`}), `{"policies": ["abc"]}`},
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
