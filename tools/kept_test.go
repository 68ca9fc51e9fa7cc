package tools_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

// keptBy returns options whose kept credential is what look finds, and how often it looked.
func keptBy(t *testing.T, handler http.Handler, look func() (cfapi.Credentials, error)) (tools.Options, *int) {
	t.Helper()
	options, looked := newOptions(t, handler), 0
	options.AllowStart = true
	options.Kept = func(context.Context) (cfapi.Credentials, error) {
		looked++
		return look()
	}
	return options, &looked
}

// keptCaller has no credential of its own.
func keptCaller() tools.Caller { return tools.Caller{Credential: tools.Credential{Kept: true}} }

// TestKeptCredential is what every tool calls with if its caller has none, and nobody else.
func TestKeptCredential(t *testing.T) {
	options, looked := keptBy(t, simulator.New(), func() (cfapi.Credentials, error) { return cfapi.Credentials{Token: simulator.Token}, nil })
	for _, tool := range newCatalog(t, options).Tools {
		*looked = 0
		if result := callAs(t, keptCaller(), tool, sampleArguments(t, tool.Tool)); result.IsError || *looked != 1 {
			t.Errorf("%s: looked %d times: %s", tool.Tool.Name, *looked, text(result, 0))
		}
		callAs(t, testCaller(), tool, sampleArguments(t, tool.Tool))
		result := callAs(t, tools.Caller{}, tool, sampleArguments(t, tool.Tool))
		if kind := errorInfo(t, result).Kind; kind != cfapi.NoCredentials || strings.Contains(text(result, 0), "login") {
			t.Errorf("%s: %s", tool.Tool.Name, text(result, 0))
		}
		callAs(t, keptCaller(), tool, `{"account_id": "a/b"}`)
		elsewhere := keptCaller()
		elsewhere.Accounts = []string{"elsewhere"}
		callAs(t, elsewhere, tool, sampleArguments(t, tool.Tool))
		if *looked != 1 {
			t.Errorf("%s: looked %d times", tool.Tool.Name, *looked)
		}
	}
}

// TestNoKeptCredential: the text says why there is none and names login before variables,
// and costs no request.
func TestNoKeptCredential(t *testing.T) {
	sim := simulator.New()
	const reason = "the system's key ring cannot be used: it is locked"
	options, _ := keptBy(t, sim, func() (cfapi.Credentials, error) {
		return cfapi.Credentials{}, &cfapi.Error{Kind: cfapi.NoCredentials, Summary: reason}
	})
	for _, tool := range newCatalog(t, options).Tools {
		result := callAs(t, keptCaller(), tool, sampleArguments(t, tool.Tool))
		_, next, found := strings.Cut(text(result, 0), reason+". ")
		if errorInfo(t, result).Kind != cfapi.NoCredentials || !found || strings.Index(next, "access-policy-mcp login") > strings.Index(next, "CLOUDFLARE_API_TOKEN") {
			t.Errorf("%s: %s", tool.Tool.Name, text(result, 0))
		}
	}
	if n := sim.Requests(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// TestKeptCredentialIsNotAccepted: another login takes effect without a restart.
func TestKeptCredentialIsNotAccepted(t *testing.T) {
	token := "revoked"
	options, _ := keptBy(t, simulator.New(), func() (cfapi.Credentials, error) { return cfapi.Credentials{Token: token}, nil })
	tool := find(t, options, "get_access_policy_test")
	result := callAs(t, keptCaller(), tool, goodArguments)
	if errorInfo(t, result).Kind != cfapi.Unauthenticated || !strings.Contains(text(result, 0), "run access-policy-mcp login again") || strings.Contains(text(result, 0), "restart") {
		t.Error(text(result, 0))
	}
	token = simulator.Token
	if result := callAs(t, keptCaller(), tool, goodArguments); result.IsError {
		t.Error(text(result, 0))
	}
}

// TestLookFails: a defect stays one.
func TestLookFails(t *testing.T) {
	options, _ := keptBy(t, simulator.New(), func() (cfapi.Credentials, error) { return cfapi.Credentials{}, errors.New("a defect") })
	tool := find(t, options, "get_access_policy_test")
	result, err := tool.Handler(tools.WithCaller(t.Context(), keptCaller()), request(goodArguments))
	if err == nil || errorInfo(t, result).Kind != cfapi.Internal {
		t.Errorf("%v", err)
	}
}

// TestRemedy: where login would not help, the text does not name it.
func TestRemedy(t *testing.T) {
	options, _ := keptBy(t, simulator.New(), func() (cfapi.Credentials, error) {
		return cfapi.Credentials{}, &cfapi.Error{Kind: cfapi.NoCredentials, Summary: "the key ring is locked", Remedy: "unlock the key ring"}
	})
	for _, tool := range newCatalog(t, options).Tools {
		result := callAs(t, keptCaller(), tool, sampleArguments(t, tool.Tool))
		if !strings.Contains(text(result, 0), ": the key ring is locked. Ask the user to unlock the key ring. Then call again") || strings.Contains(text(result, 0), "login") {
			t.Errorf("%s: %s", tool.Tool.Name, text(result, 0))
		}
	}
}
