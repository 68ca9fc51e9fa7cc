package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

// faults are what can go wrong upstream, with the kind of error that a client
// gets to see, the longest time that it takes, and the most requests.
var faults = map[string]struct {
	fault    simulator.Fault
	kind     cfapi.Kind
	within   time.Duration
	requests int
}{
	"bad request":        {simulator.Fault{Status: 400, Body: `{"success":false,"errors":[{"code":12,"message":"no"}]}`}, cfapi.InvalidArgument, 0, 1},
	"malformed header":   {simulator.Fault{Status: 400, Body: `{"success":false,"errors":[{"code":6003,"message":"no"}]}`}, cfapi.Unauthenticated, 0, 1},
	"no route":           {simulator.Fault{Status: 400, Body: `{"success":false,"errors":[{"code":7003,"message":"no"}]}`}, cfapi.NotFound, 0, 1},
	"unauthorized":       {simulator.Fault{Status: 401}, cfapi.Unauthenticated, 0, 1},
	"forbidden":          {simulator.Fault{Status: 403, Body: `<title>Denied</title>`}, cfapi.Forbidden, 0, 1},
	"not found":          {simulator.Fault{Status: 404}, cfapi.NotFound, 0, 1},
	"teapot":             {simulator.Fault{Status: 418}, cfapi.UnexpectedResponse, 0, 1},
	"rate limited":       {simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"17"}}}, cfapi.RateLimited, 0, 1},
	"redirect":           {simulator.Fault{Status: 302, Header: http.Header{"Location": {"http://elsewhere.example/"}}}, cfapi.UnexpectedResponse, 0, 1},
	"request timeout":    {simulator.Fault{Status: 408}, cfapi.Unavailable, 5 * time.Second, 3},
	"server error":       {simulator.Fault{Status: 500, Body: "oops"}, cfapi.Unavailable, 5 * time.Second, 3},
	"front-door error":   {simulator.Fault{Status: 522, Body: "<html>"}, cfapi.Unavailable, 5 * time.Second, 3},
	"reset":              {simulator.Fault{Reset: true}, cfapi.Unavailable, 5 * time.Second, 6},
	"cut off":            {simulator.Fault{Status: 200, Body: strings.Repeat("x", 100), CutOff: true}, cfapi.Unavailable, 5 * time.Second, 3},
	"not JSON":           {simulator.Fault{Status: 200, Body: "<html>Log in</html>"}, cfapi.UnexpectedResponse, 0, 1},
	"not a success":      {simulator.Fault{Status: 200, Body: `{"success":false,"errors":[{"code":1,"message":"no"}]}`}, cfapi.UnexpectedResponse, 0, 1},
	"endless":            {simulator.Fault{Status: 200, Body: strings.Repeat("x", 2<<20)}, cfapi.UnexpectedResponse, 0, 1},
	"no answer":          {simulator.Fault{Delay: time.Hour}, cfapi.Timeout, 30 * time.Second, 3},
	"slow body":          {simulator.Fault{Status: 200, Body: strings.Repeat("x", 1000), SlowBody: time.Hour}, cfapi.Timeout, 30 * time.Second, 3},
	"echo of the secret": {simulator.Fault{Status: 403, Body: `{"success":false,"errors":[{"code":1,"message":"token ` + simulator.Token + ` is bad"}]}`}, cfapi.Forbidden, 0, 1},
}

// transports ask a server for one answer each.
var transports = map[string]func(*testing.T, *Server, string) string{
	"stdio": func(t *testing.T, s *Server, message string) string { return playStdio(t, s, []string{message}) },
	"http":  func(t *testing.T, s *Server, message string) string { return playHTTP(t, s, []string{message}) },
	"sse":   func(t *testing.T, s *Server, message string) string { return playSSE(t, s, []string{message}) },
}

const getMessage = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_access_policy_test","arguments":{"policy_test_id":"` + simulator.PolicyTestID + `"}}}`

// TestEveryKindOverEveryTransport: kind, bounded time and requests, no secret in
// the answer or in the log at the most verbose level.
func TestEveryKindOverEveryTransport(t *testing.T) {
	for name, tt := range faults {
		for transport, ask := range transports {
			t.Run(name+"/"+transport, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sim := simulator.New()
					sim.SetFaults(simulator.Always(tt.fault))
					s, log := newServer(t, sim)
					began := time.Now()
					answer := ask(t, s, getMessage)
					if took := time.Since(began) - readinessNotice; took > tt.within {
						t.Errorf("it took %v", took)
					}
					if n := sim.Requests(); n > tt.requests {
						t.Errorf("%d requests", n)
					}
					if kind := kindOf(t, answer); kind != tt.kind {
						t.Errorf("kind %s: %s", kind, answer)
					}
					if !strings.Contains(log.String(), "outcome="+string(tt.kind)) {
						t.Errorf("log: %s", log)
					}
					if strings.Contains(answer+log.String(), simulator.Token) {
						t.Error("the secret got out")
					}
				})
			})
		}
	}
}

// kindOf finds the error in an answer of any transport.
func kindOf(t *testing.T, answer string) cfapi.Kind {
	t.Helper()
	var message struct {
		Result struct {
			IsError bool
			Meta    map[string]tools.ErrorInfo `json:"_meta"`
		}
	}
	if err := json.Unmarshal([]byte(answer[strings.Index(answer, "{"):]), &message); err != nil || !message.Result.IsError {
		t.Fatalf("%v: %s", err, answer)
	}
	return message.Result.Meta[tools.ErrorMetaKey].Kind
}
