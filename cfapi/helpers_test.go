package cfapi_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// everySecret is a client's credentials with both schemes present, so that a
// test of what must not leak covers all three values at once.
var everySecret = cfapi.Credentials{Token: simulator.Token, Email: simulator.Email, Key: simulator.Key}

// newClient returns a client whose requests all reach handler.
func newClient(t *testing.T, handler http.Handler, credentials cfapi.Credentials) *cfapi.Client {
	t.Helper()
	transport, stop := simulator.Serve(handler)
	t.Cleanup(stop)
	return clientOver(t, transport, credentials)
}

func clientOver(t *testing.T, transport http.RoundTripper, credentials cfapi.Credentials) *cfapi.Client {
	t.Helper()
	client, err := cfapi.New(cfapi.Config{
		BaseURL:     simulator.BaseURL,
		Credentials: credentials,
		UserAgent:   "policy-test-test/1.0",
		Transport:   transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// simulated returns a client of a new simulator.
func simulated(t *testing.T) (*cfapi.Client, *simulator.Simulator) {
	t.Helper()
	sim := simulator.New()
	return newClient(t, sim, everySecret), sim
}

// get asks for the example test.
func get(ctx context.Context, client *cfapi.Client) (cfapi.Answer[cfapi.PolicyTest], error) {
	return client.GetPolicyTest(ctx, simulator.AccountID, simulator.PolicyTestID)
}

// ask is one call to an API whose every answer is the given fault. It runs in a
// bubble, because some of the answers are retried.
func ask(t *testing.T, fault simulator.Fault) (answer cfapi.Answer[cfapi.PolicyTest], err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client, sim := simulated(t)
		sim.SetFaults(simulator.Always(fault))
		answer, err = get(t.Context(), client)
	})
	return answer, err
}

// mustAnswer is ask for answers that are not failures.
func mustAnswer(t *testing.T, fault simulator.Fault) cfapi.Answer[cfapi.PolicyTest] {
	t.Helper()
	answer, err := ask(t, fault)
	if err != nil {
		t.Fatalf("GetPolicyTest: %v", err)
	}
	return answer
}

// mustFail is ask for answers that are failures.
func mustFail(t *testing.T, fault simulator.Fault) *cfapi.Error {
	t.Helper()
	_, err := ask(t, fault)
	return asError(t, err)
}

// asError checks that err is the package's one error type.
func asError(t *testing.T, err error) *cfapi.Error {
	t.Helper()
	failure, ok := errors.AsType[*cfapi.Error](err)
	if !ok {
		t.Fatalf("error is %#v, want a *cfapi.Error", err)
	}
	return failure
}

// wantKind checks that err is a failure of that kind.
func wantKind(t *testing.T, err error, kind cfapi.Kind) *cfapi.Error {
	t.Helper()
	failure := asError(t, err)
	if failure.Kind != kind {
		t.Errorf("kind is %q, want %q (%v)", failure.Kind, kind, failure)
	}
	return failure
}

// success is an answer with the given result, as JSON.
func success(result string) simulator.Fault {
	return simulator.Fault{Status: http.StatusOK, Body: `{"errors":[],"messages":[],"success":true,"result":` + result + `}`}
}
