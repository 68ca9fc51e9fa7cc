package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

// upstreamFault is something that can go wrong at Cloudflare or on the way there.
type upstreamFault struct {
	fault simulator.Fault
	// kind is what a client gets to see.
	kind cfapi.Kind
	// retried is true for faults that another attempt may get past.
	retried bool
	// hangs is true for faults that end when the program gives up.
	hangs bool
	// uncertain is true if a test may have been started nevertheless.
	uncertain bool
}

func failureBody(code int, message string) string {
	return fmt.Sprintf(`{"success":false,"errors":[{"code":%d,"message":%q}],"messages":[],"result":null}`, code, message)
}

// upstreamFaults are all the faults that the simulator can make.
var upstreamFaults = map[string]upstreamFault{
	"400":                  {fault: simulator.Fault{Status: 400, Body: failureBody(12, "no")}, kind: cfapi.InvalidArgument},
	"400, credentials":     {fault: simulator.Fault{Status: 400, Body: failureBody(6003, "Invalid request headers")}, kind: cfapi.Unauthenticated},
	"400, no route":        {fault: simulator.Fault{Status: 400, Body: failureBody(7003, "Could not route")}, kind: cfapi.NotFound},
	"401":                  {fault: simulator.Fault{Status: 401, Body: failureBody(1000, "Invalid API Token")}, kind: cfapi.Unauthenticated},
	"403":                  {fault: simulator.Fault{Status: 403, Body: failureBody(10000, "Authentication error")}, kind: cfapi.Forbidden},
	"403, credentials":     {fault: simulator.Fault{Status: 403, Body: failureBody(9106, "Authentication failed")}, kind: cfapi.Unauthenticated},
	"403, front door":      {fault: simulator.Fault{Status: 403, Body: "<html><title>Attention Required!</title></html>"}, kind: cfapi.Forbidden},
	"404":                  {fault: simulator.Fault{Status: 404, Body: failureBody(11021, "not_found")}, kind: cfapi.NotFound},
	"408":                  {fault: simulator.Fault{Status: 408}, kind: cfapi.Unavailable, retried: true},
	"418":                  {fault: simulator.Fault{Status: 418}, kind: cfapi.UnexpectedResponse},
	"422":                  {fault: simulator.Fault{Status: 422}, kind: cfapi.InvalidArgument},
	"429":                  {fault: simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"300"}}, Body: failureBody(971, "throttled")}, kind: cfapi.RateLimited},
	"500":                  {fault: simulator.Fault{Status: 500, Body: "oops"}, kind: cfapi.Unavailable, retried: true, uncertain: true},
	"501":                  {fault: simulator.Fault{Status: 501}, kind: cfapi.Unavailable, uncertain: true},
	"503":                  {fault: simulator.Fault{Status: 503, Body: "<title>Down</title>"}, kind: cfapi.Unavailable, retried: true, uncertain: true},
	"522":                  {fault: simulator.Fault{Status: 522, Body: "<html>"}, kind: cfapi.Unavailable, retried: true, uncertain: true},
	"redirect":             {fault: simulator.Fault{Status: 302, Header: http.Header{"Location": {"http://127.0.0.1:1/"}}}, kind: cfapi.UnexpectedResponse},
	"reset":                {fault: simulator.Fault{Reset: true}, kind: cfapi.Unavailable, retried: true, uncertain: true},
	"cut off":              {fault: simulator.Fault{Status: 200, Body: strings.Repeat("x", 4000), CutOff: true}, kind: cfapi.Unavailable, retried: true, uncertain: true},
	"no answer":            {fault: simulator.Fault{Delay: time.Hour}, kind: cfapi.Timeout, retried: true, hangs: true, uncertain: true},
	"slow body":            {fault: simulator.Fault{Status: 200, Body: strings.Repeat("x", 1000), SlowBody: time.Hour}, kind: cfapi.Timeout, retried: true, hangs: true, uncertain: true},
	"not JSON":             {fault: simulator.Fault{Status: 200, Body: "<html>Log in</html>"}, kind: cfapi.UnexpectedResponse, uncertain: true},
	"empty":                {fault: simulator.Fault{Status: 200}, kind: cfapi.UnexpectedResponse, uncertain: true},
	"too long":             {fault: simulator.Fault{Status: 200, Body: strings.Repeat(" ", 2<<20)}, kind: cfapi.UnexpectedResponse, uncertain: true},
	"not a success":        {fault: simulator.Fault{Status: 200, Body: failureBody(4711, "who knows")}, kind: cfapi.UnexpectedResponse},
	"no result":            {fault: simulator.Fault{Status: 200, Body: `{"success":true,"result":null}`}, kind: cfapi.UnexpectedResponse, uncertain: true},
	"result of wrong type": {fault: simulator.Fault{Status: 200, Body: `{"success":true,"result":"x"}`}, kind: cfapi.UnexpectedResponse, uncertain: true},
	"echo of the secret":   {fault: simulator.Fault{Status: 403, Body: failureBody(1, "bad token "+simulator.Token+" of "+simulator.Email)}, kind: cfapi.Forbidden},
}

// matrixCalls are the calls that meet each fault. The name of a call is also the ID of its
// request and of its policy test: that tells the requests of each call apart.
var matrixCalls = map[string]struct {
	tool, arguments string
	// hangsFor is the longest time that it may take when the API hangs.
	hangsFor time.Duration
	// requests is how many it may cost; requestsRetried if the fault is retried.
	requests, requestsRetried int
}{
	"get":   {"get_access_policy_test", `{"policy_test_id":"get"}`, 31 * time.Second, 1, 3},
	"wait":  {"get_access_policy_test", `{"policy_test_id":"wait","wait_seconds":2}`, 13 * time.Second, 3, 6},
	"users": {"list_access_policy_test_users", `{"policy_test_id":"users"}`, 31 * time.Second, 1, 3},
	"start": {"start_access_policy_test", `{"policies":["abc"]}`, 11 * time.Second, 1, 1},
}

// answersWithin is the longest time that any of the calls may take when the API does not
// hang.
const answersWithin = 5 * time.Second

// openingWords are how the text of each kind begins.
var openingWords = map[cfapi.Kind]string{
	cfapi.InvalidArgument:    "Cloudflare refused the arguments",
	cfapi.Unauthenticated:    "Cloudflare did not accept the credentials",
	cfapi.Forbidden:          "Cloudflare refused access",
	cfapi.NotFound:           "Cloudflare knows no such",
	cfapi.RateLimited:        "Cloudflare's request quota is used up",
	cfapi.Unavailable:        "Cloudflare could not be reached or failed to answer",
	cfapi.UnexpectedResponse: "Cloudflare's answer was not what its API documents",
	cfapi.Timeout:            "Cloudflare did not answer in time",
}

// TestFaultMatrix meets every fault with every call over every transport of the binary:
// kind, wording, bounded time, bounded requests, no secret in answer and log, and the
// process goes on.
func TestFaultMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	t.Parallel()
	for name, fault := range upstreamFaults {
		for transport, connect := range transports {
			t.Run(name+"/"+transport, func(t *testing.T) {
				t.Parallel()
				testFault(t, fault, connect)
			})
		}
	}
}

func testFault(t *testing.T, fault upstreamFault, connect func(t *testing.T, apiURL string, args ...string) connection) {
	sim := simulator.New()
	sim.SetFaults(simulator.Always(fault.fault))
	requests := newRequestCounter(sim)
	api := httptest.NewServer(requests)
	t.Cleanup(func() {
		api.CloseClientConnections()
		api.Close()
	})
	c := connect(t, api.URL, "--allow-start", "--request-budget", "1200")
	if fault.kind == cfapi.RateLimited {
		// Nothing more is sent after the first refusal, so the calls cannot all meet it.
		checkFailure(t, c, fault, "get", requests)
		for name := range matrixCalls {
			checkNotSent(t, c, name, requests)
		}
	} else {
		var wg sync.WaitGroup
		for name := range matrixCalls {
			wg.Go(func() { checkFailure(t, c, fault, name, requests) })
		}
		wg.Wait()
	}
	if response := c.request("alive", "ping", "{}"); !strings.Contains(response, `"result":{}`) {
		t.Errorf("not alive: %s", response)
	}
	log := c.log.with("outcome=" + string(fault.kind))
	if !strings.Contains(log, "outcome="+string(fault.kind)) {
		t.Errorf("log: %s", log)
	}
	if strings.Contains(log, simulator.Token) {
		t.Errorf("the secret is in the log: %s", log)
	}
}

// checkFailure makes a call that meets the fault.
func checkFailure(t *testing.T, c connection, fault upstreamFault, name string, requests *requestCounter) {
	call := matrixCalls[name]
	began := time.Now()
	response := c.request(name, "tools/call", toolCallParams(call.tool, call.arguments))
	checkDuration(t, c, fault, name, time.Since(began))

	most := call.requests
	if fault.retried {
		most = call.requestsRetried
	}
	if n := requests.of(name); n < 1 || n > most {
		t.Errorf("%s cost %d requests, want 1 to %d", name, n, most)
	}

	text, info := failureOf(t, name, response)
	if info.Kind != fault.kind || !strings.HasPrefix(text, openingWords[fault.kind]) || info.HTTPStatus != 0 && info.HTTPStatus != fault.fault.Status {
		t.Errorf("%s: %+v: %s", name, info, text)
	}
	if info.RetryAfterSeconds == 0 && fault.kind == cfapi.RateLimited {
		t.Errorf("%s: no delay: %+v", name, info)
	}
	if uncertain := strings.Contains(text, "not known whether a test was started"); uncertain != (name == "start" && fault.uncertain) {
		t.Errorf("%s: whether a test was started: %s", name, text)
	}
	if len(text) > 900 {
		t.Errorf("%s: too long: %s", name, text)
	}
	if strings.Contains(response, simulator.Token) {
		t.Errorf("%s: the secret is in the answer: %s", name, response)
	}
}

// checkDuration checks the time that a call took. A machine that is slow with everything
// proves nothing.
func checkDuration(t *testing.T, c connection, fault upstreamFault, name string, took time.Duration) {
	most := answersWithin
	if fault.hangs {
		most = matrixCalls[name].hangsFor
	}
	const slack = 2 // what a busy machine adds
	if took <= slack*most {
		return
	}
	began := time.Now()
	c.request(name+" ping", "ping", "{}")
	if ping := time.Since(began); ping > time.Second {
		t.Logf("inconclusive: %s took %v, but a ping took %v", name, took, ping)
		return
	}
	t.Errorf("%s took %v, want at most %v", name, took, most)
}

// checkNotSent makes a call that nothing is sent for, since it would be refused.
func checkNotSent(t *testing.T, c connection, name string, requests *requestCounter) {
	call, before := matrixCalls[name], requests.of(name)
	id := name + " refused"
	_, info := failureOf(t, id, c.request(id, "tools/call", toolCallParams(call.tool, call.arguments)))
	if info.Kind != cfapi.RateLimited || info.RetryAfterSeconds < 1 || info.RetryAfterSeconds > 300 {
		t.Errorf("%s: %+v", id, info)
	}
	if n := requests.of(name) - before; n != 0 {
		t.Errorf("%s cost %d requests", id, n)
	}
}

// failureOf is the text of a failed result and what it tells programs.
func failureOf(t *testing.T, name, response string) (string, tools.ErrorInfo) {
	var message struct {
		Result struct {
			IsError bool
			Content []struct{ Text string }
			Meta    map[string]tools.ErrorInfo `json:"_meta"`
		}
	}
	if err := json.Unmarshal([]byte(response), &message); err != nil || !message.Result.IsError || len(message.Result.Content) != 1 {
		t.Errorf("%s: %v: %s", name, err, response)
		return "", tools.ErrorInfo{}
	}
	return message.Result.Content[0].Text, message.Result.Meta[tools.ErrorMetaKey]
}

// requestCounter counts the requests to an API by the names in matrixCalls.
type requestCounter struct {
	api    http.Handler
	mu     sync.Mutex
	counts map[string]int
}

func newRequestCounter(api http.Handler) *requestCounter {
	return &requestCounter{api: api, counts: map[string]int{}}
}

func (c *requestCounter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, name, _ := strings.Cut(r.URL.Path, "/policy-tests/")
	name, _, _ = strings.Cut(name, "/")
	c.mu.Lock()
	c.counts[cmp.Or(name, "start")]++
	c.mu.Unlock()
	c.api.ServeHTTP(w, r)
}

func (c *requestCounter) of(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[name]
}
