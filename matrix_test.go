package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

// faultRow is something that can go wrong upstream.
type faultRow struct {
	fault simulator.Fault
	kind  cfapi.Kind
	// passes is true for faults that are worth another attempt.
	passes bool
	// hangs is true for faults that take as long as they are let.
	hangs bool
	// uncertain is true if a start may have taken effect.
	uncertain bool
}

func failureBody(code int, message string) string {
	return fmt.Sprintf(`{"success":false,"errors":[{"code":%d,"message":%q}],"messages":[],"result":null}`, code, message)
}

// faultRows are all the faults that the simulator can script.
var faultRows = map[string]faultRow{
	"400":                  {fault: simulator.Fault{Status: 400, Body: failureBody(12, "no")}, kind: cfapi.InvalidArgument},
	"400, credentials":     {fault: simulator.Fault{Status: 400, Body: failureBody(6003, "Invalid request headers")}, kind: cfapi.Unauthenticated},
	"400, no route":        {fault: simulator.Fault{Status: 400, Body: failureBody(7003, "Could not route")}, kind: cfapi.NotFound},
	"401":                  {fault: simulator.Fault{Status: 401, Body: failureBody(1000, "Invalid API Token")}, kind: cfapi.Unauthenticated},
	"403":                  {fault: simulator.Fault{Status: 403, Body: failureBody(10000, "Authentication error")}, kind: cfapi.Forbidden},
	"403, credentials":     {fault: simulator.Fault{Status: 403, Body: failureBody(9106, "Authentication failed")}, kind: cfapi.Unauthenticated},
	"403, front door":      {fault: simulator.Fault{Status: 403, Body: "<html><title>Attention Required!</title></html>"}, kind: cfapi.Forbidden},
	"404":                  {fault: simulator.Fault{Status: 404, Body: failureBody(11021, "not_found")}, kind: cfapi.NotFound},
	"408":                  {fault: simulator.Fault{Status: 408}, kind: cfapi.Unavailable, passes: true},
	"418":                  {fault: simulator.Fault{Status: 418}, kind: cfapi.UnexpectedResponse},
	"422":                  {fault: simulator.Fault{Status: 422}, kind: cfapi.InvalidArgument},
	"429":                  {fault: simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"300"}}, Body: failureBody(971, "throttled")}, kind: cfapi.RateLimited},
	"500":                  {fault: simulator.Fault{Status: 500, Body: "oops"}, kind: cfapi.Unavailable, passes: true, uncertain: true},
	"501":                  {fault: simulator.Fault{Status: 501}, kind: cfapi.Unavailable, uncertain: true},
	"503":                  {fault: simulator.Fault{Status: 503, Body: "<title>Down</title>"}, kind: cfapi.Unavailable, passes: true, uncertain: true},
	"522":                  {fault: simulator.Fault{Status: 522, Body: "<html>"}, kind: cfapi.Unavailable, passes: true, uncertain: true},
	"redirect":             {fault: simulator.Fault{Status: 302, Header: http.Header{"Location": {"http://127.0.0.1:1/"}}}, kind: cfapi.UnexpectedResponse},
	"reset":                {fault: simulator.Fault{Reset: true}, kind: cfapi.Unavailable, passes: true, uncertain: true},
	"cut off":              {fault: simulator.Fault{Status: 200, Body: strings.Repeat("x", 4000), CutOff: true}, kind: cfapi.Unavailable, passes: true, uncertain: true},
	"no answer":            {fault: simulator.Fault{Delay: time.Hour}, kind: cfapi.Timeout, passes: true, hangs: true, uncertain: true},
	"slow body":            {fault: simulator.Fault{Status: 200, Body: strings.Repeat("x", 1000), SlowBody: time.Hour}, kind: cfapi.Timeout, passes: true, hangs: true, uncertain: true},
	"not JSON":             {fault: simulator.Fault{Status: 200, Body: "<html>Log in</html>"}, kind: cfapi.UnexpectedResponse, uncertain: true},
	"empty":                {fault: simulator.Fault{Status: 200}, kind: cfapi.UnexpectedResponse, uncertain: true},
	"too long":             {fault: simulator.Fault{Status: 200, Body: strings.Repeat(" ", 2<<20)}, kind: cfapi.UnexpectedResponse, uncertain: true},
	"not a success":        {fault: simulator.Fault{Status: 200, Body: failureBody(4711, "who knows")}, kind: cfapi.UnexpectedResponse},
	"no result":            {fault: simulator.Fault{Status: 200, Body: `{"success":true,"result":null}`}, kind: cfapi.UnexpectedResponse, uncertain: true},
	"result of wrong type": {fault: simulator.Fault{Status: 200, Body: `{"success":true,"result":"x"}`}, kind: cfapi.UnexpectedResponse, uncertain: true},
	"echo of the secret":   {fault: simulator.Fault{Status: 403, Body: failureBody(1, "bad token "+simulator.Token+" of "+simulator.Email)}, kind: cfapi.Forbidden},
}

// cells are the calls that meet each fault: what is called, how long it may take
// and how many requests it may cost, if the fault passes and if not.
var cells = map[string]struct {
	tool, arguments string
	within          time.Duration
	most, mostFew   int
}{
	// net/http itself repeats a GET on a connection that broke, which doubles the
	// attempts.
	"get":   {"get_access_policy_test", `{"policy_test_id":"get"}`, 31 * time.Second, 6, 1},
	"wait":  {"get_access_policy_test", `{"policy_test_id":"wait","wait_seconds":2}`, 13 * time.Second, 12, 3},
	"users": {"list_access_policy_test_users", `{"policy_test_id":"users"}`, 31 * time.Second, 6, 1},
	"start": {"start_access_policy_test", `{"policies":["abc"]}`, 11 * time.Second, 1, 1},
}

// phrases are how the text of each kind begins.
var phrases = map[cfapi.Kind]string{
	cfapi.InvalidArgument:    "Cloudflare refused the arguments",
	cfapi.Unauthenticated:    "Cloudflare did not accept the credentials",
	cfapi.Forbidden:          "Cloudflare refused access",
	cfapi.NotFound:           "Cloudflare knows no such",
	cfapi.RateLimited:        "Cloudflare's request quota is used up",
	cfapi.Unavailable:        "Cloudflare could not be reached or failed to answer",
	cfapi.UnexpectedResponse: "Cloudflare's answer was not what its API documents",
	cfapi.Timeout:            "Cloudflare did not answer in time",
}

// TestFaultMatrix meets every fault with every call over every transport of the
// real binary: kind, wording, bounded time, bounded requests, no secret, and the
// process goes on.
func TestFaultMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	for name, row := range faultRows {
		for transport, open := range wires {
			t.Run(name+"/"+transport, func(t *testing.T) {
				t.Parallel()
				sim := simulator.New()
				sim.SetFaults(simulator.Always(row.fault))
				requests := newTally()
				api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					requests.add(r)
					sim.ServeHTTP(w, r)
				}))
				t.Cleanup(func() {
					api.CloseClientConnections()
					api.Close()
				})
				w := open(t, api.URL, "--allow-start", "--request-budget", "1200")
				var wg sync.WaitGroup
				for cell := range cells {
					if name == "429" && cell != "get" {
						continue // once refused, nothing more is sent; see below
					}
					wg.Go(func() { checkCell(t, w, row, cell, requests) })
				}
				wg.Wait()
				if name == "429" {
					for cell := range cells {
						checkRefused(t, w, cell)
					}
				}
				if answer := w.ask("ping", `{"jsonrpc":"2.0","id":"ping","method":"ping"}`); !strings.Contains(answer, `"result":{}`) {
					t.Errorf("not alive: %s", answer)
				}
				if log := w.log.String(); strings.Contains(log, simulator.Token) || !strings.Contains(log, "outcome="+string(row.kind)) {
					t.Errorf("log: %s", log)
				}
			})
		}
	}
}

func checkCell(t *testing.T, w wire, row faultRow, name string, requests *tally) {
	cell := cells[name]
	began := time.Now()
	answer := w.ask(name, `{"jsonrpc":"2.0","id":"`+name+`","method":"tools/call","params":{"name":"`+cell.tool+`","arguments":`+cell.arguments+`}}`)
	const load = 2 // what a busy machine adds
	if took := time.Since(began); took > load*cell.within {
		t.Errorf("%s took %v", name, took)
	}
	most := cell.mostFew
	if row.passes {
		most = cell.most
	}
	if n := requests.of(name); n > most {
		t.Errorf("%s cost %d requests", name, n)
	}
	text, info := failureOf(t, name, answer)
	if info.Kind != row.kind || !strings.HasPrefix(text, phrases[row.kind]) || info.HTTPStatus != 0 && info.HTTPStatus != row.fault.Status {
		t.Errorf("%s: %+v: %s", name, info, text)
	}
	if uncertain := strings.Contains(text, "not known whether a test was started"); uncertain != (name == "start" && row.uncertain) {
		t.Errorf("%s: certain or not: %s", name, text)
	}
	if len(text) > 900 || strings.Contains(answer, simulator.Token) {
		t.Errorf("%s: too much: %s", name, answer)
	}
}

// checkRefused: what would be sent in vain is not sent.
func checkRefused(t *testing.T, w wire, name string) {
	cell := cells[name]
	id := name + " again"
	answer := w.ask(id, `{"jsonrpc":"2.0","id":"`+id+`","method":"tools/call","params":{"name":"`+cell.tool+`","arguments":`+cell.arguments+`}}`)
	if _, info := failureOf(t, id, answer); info.Kind != cfapi.RateLimited || info.RetryAfterSeconds < 1 || info.RetryAfterSeconds > 300 {
		t.Errorf("%s: %+v", id, info)
	}
}

func failureOf(t *testing.T, name, answer string) (string, tools.ErrorInfo) {
	var message struct {
		Result struct {
			IsError bool
			Content []struct{ Text string }
			Meta    map[string]tools.ErrorInfo `json:"_meta"`
		}
	}
	if err := json.Unmarshal([]byte(answer), &message); err != nil || !message.Result.IsError || len(message.Result.Content) != 1 {
		t.Errorf("%s: %v: %s", name, err, answer)
		return "", tools.ErrorInfo{}
	}
	return message.Result.Content[0].Text, message.Result.Meta[tools.ErrorMetaKey]
}

// tally counts requests by the cell that they are for.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func newTally() *tally { return &tally{counts: map[string]int{}} }

func (c *tally) add(r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	parts := strings.Split(r.URL.Path, "/")
	if i := slices.Index(parts, "policy-tests"); i+1 < len(parts) {
		c.counts[parts[i+1]]++
	} else {
		c.counts["start"]++
	}
}

func (c *tally) of(cell string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[cell]
}
