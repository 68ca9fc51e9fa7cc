package cfapi_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// TestStartPolicyTest: one request, whatever comes of it, and a truthful word on
// whether it may have taken effect.
func TestStartPolicyTest(t *testing.T) {
	for name, tt := range map[string]struct {
		fault     simulator.Fault
		kind      cfapi.Kind
		mayBeDone bool
	}{
		"started":       {simulator.Fault{}, "", false},
		"bad request":   {simulator.Fault{Status: 400}, cfapi.InvalidArgument, false},
		"unauthorized":  {simulator.Fault{Status: 401}, cfapi.Unauthenticated, false},
		"not found":     {simulator.Fault{Status: 404}, cfapi.NotFound, false},
		"rate limited":  {simulator.Fault{Status: 429}, cfapi.RateLimited, false},
		"redirect":      {simulator.Fault{Status: 307, Header: http.Header{"Location": {"/"}}}, cfapi.UnexpectedResponse, false},
		"server error":  {simulator.Fault{Status: 500}, cfapi.Unavailable, true},
		"gateway":       {simulator.Fault{Status: 504}, cfapi.Unavailable, true},
		"reset":         {simulator.Fault{Reset: true}, cfapi.Unavailable, true},
		"no answer":     {simulator.Fault{Delay: time.Hour}, cfapi.Timeout, true},
		"unreadable":    {simulator.Fault{Status: 200, Body: "<html>"}, cfapi.UnexpectedResponse, true},
		"not a success": {simulator.Fault{Status: 200, Body: `{"success":false,"errors":[{"code":1}]}`}, cfapi.UnexpectedResponse, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := simulator.New()
				sim.SetFaults(simulator.Always(tt.fault))
				transport, stop := simulator.Serve(sim)
				defer stop()
				client, err := cfapi.New(cfapi.Config{BaseURL: simulator.BaseURL, Credentials: cfapi.Credentials{Token: simulator.Token}, Transport: transport})
				if err != nil {
					t.Fatal(err)
				}
				answer, err := client.StartPolicyTest(t.Context(), simulator.AccountID, []json.RawMessage{json.RawMessage(`"abc"`)})
				if tt.kind == "" {
					if err != nil || answer.Result.ID == "" || answer.Result.Status != "success" {
						t.Errorf("%v, %+v", err, answer)
					}
				} else if failure, ok := errors.AsType[*cfapi.Error](err); !ok || failure.Kind != tt.kind || failure.MayBeDone != tt.mayBeDone {
					t.Errorf("%+v", err)
				}
				if n := sim.Requests(); n != 1 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}

// TestNothingWasSent: a connection that cannot be made starts no test.
func TestNothingWasSent(t *testing.T) {
	client, err := cfapi.New(cfapi.Config{BaseURL: "http://127.0.0.1:1", Credentials: cfapi.Credentials{Token: simulator.Token}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.StartPolicyTest(t.Context(), simulator.AccountID, nil)
	if failure, ok := errors.AsType[*cfapi.Error](err); !ok || failure.Kind != cfapi.Unavailable || failure.MayBeDone {
		t.Errorf("%+v", err)
	}
}
