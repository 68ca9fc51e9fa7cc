package simulator_test

import (
	"net/http"
	"strings"
	"testing"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

func TestIdentifiers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		account, test string
		status, code  int
	}{
		"unknown test":            {simulator.AccountID, "no-such-test", 404, 11021},
		"longest unknown test":    {simulator.AccountID, strings.Repeat("f", cfapi.MaxPolicyTestID), 404, 11021},
		"test too long":           {simulator.AccountID, strings.Repeat("f", cfapi.MaxPolicyTestID+1), 400, 7003},
		"test in other case":      {simulator.AccountID, strings.ToUpper(simulator.PolicyTestID), 404, 11021},
		"slash in test":           {simulator.AccountID, "a%2Fb", 404, 11021},
		"other account":           {strings.Repeat("0", cfapi.MaxAccountID), simulator.PolicyTestID, 403, 9109},
		"short account":           {"a", simulator.PolicyTestID, 403, 9109},
		"account too long":        {simulator.AccountID + "0", simulator.PolicyTestID, 400, 7003},
		"both too long":           {strings.Repeat("0", 1000), strings.Repeat("0", 1000), 400, 7003},
		"other account, no test":  {"a", "no-such-test", 403, 9109},
		"swapped":                 {simulator.PolicyTestID, simulator.AccountID, 400, 7003},
		"slash in account":        {"a%2Fb", simulator.PolicyTestID, 403, 9109},
		"account in upper case":   {strings.ToUpper(simulator.AccountID), simulator.PolicyTestID, 403, 9109},
		"further path":            {simulator.AccountID, simulator.PolicyTestID + "/nothing", 400, 7000},
		"query is not identifier": {simulator.AccountID, "no-such-test?id=" + simulator.PolicyTestID, 404, 11021},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, simulator.New())
			req := newRequest(t, http.MethodGet, testURL(simulator.BaseURL, c.account, c.test))
			req.Header.Set("Authorization", right)
			got := do(t, client, req)
			wantFailure(t, got, c.status, c.code)
			if got.header.Get("Cf-Ray") == "" || got.header.Get("Ratelimit") == "" {
				t.Errorf("headers are %v, want a ray and a quota", got.header)
			}
		})
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	example := testURL("", simulator.AccountID, simulator.PolicyTestID)
	for _, c := range []struct{ method, path string }{
		{http.MethodGet, "/"},
		{http.MethodGet, "/accounts"},
		{http.MethodGet, "/accounts/" + simulator.AccountID + "/access/policy-tests"},
		{http.MethodGet, "/client/v4" + example},
		{http.MethodGet, example + "/"},
		{http.MethodPost, example},
		{http.MethodPut, example},
		{http.MethodDelete, example},
		{http.MethodOptions, example},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			t.Parallel()
			client := serve(t, simulator.New())
			req := newRequest(t, c.method, simulator.BaseURL+c.path)
			req.Header.Set("Authorization", right)
			wantFailure(t, do(t, client, req), http.StatusBadRequest, 7000)
		})
	}
}
