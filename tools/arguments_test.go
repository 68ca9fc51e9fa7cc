package tools_test

import (
	"net/http"
	"strings"
	"testing"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// TestBadIDs: the message says in plain words what is wrong with an ID, and nothing is
// sent.
func TestBadIDs(t *testing.T) {
	sim := simulator.New()
	tool := find(t, newOptions(t, sim), "get_access_policy_test")
	const account = `"account_id": "` + simulator.AccountID + `"`
	for name, tt := range map[string]struct{ arguments, want string }{
		"too long":         {`{` + account + `, "policy_test_id": "` + strings.Repeat("a", 65) + `"}`, "policy_test_id: length must be at most 64, but is 65"},
		"account too long": {`{"account_id": "` + strings.Repeat("a", 33) + `", "policy_test_id": "a"}`, "account_id: length must be at most 32, but is 33"},
		"empty":            {`{` + account + `, "policy_test_id": ""}`, "policy_test_id: must not be empty; policy_test_id: only letters, digits, - and _ are allowed"},
		"slash":            {`{` + account + `, "policy_test_id": "a/../b"}`, "policy_test_id: only letters, digits, - and _ are allowed"},
		"dots":             {`{` + account + `, "policy_test_id": ".."}`, "policy_test_id: only letters, digits, - and _ are allowed"},
		"newline within":   {`{` + account + `, "policy_test_id": "a\nb"}`, "policy_test_id: only letters, digits, - and _ are allowed"},
		"not ASCII":        {`{` + account + `, "policy_test_id": "ä"}`, "policy_test_id: only letters, digits, - and _ are allowed"},
		"number":           {`{` + account + `, "policy_test_id": 12}`, "policy_test_id: must be a string, but is a number"},
		"none at all":      {``, "account_id is required; policy_test_id is required"},
		"unknown":          {`{` + account + `, "policy_test_id": "a", "test_id": "b"}`, `unknown argument "test_id" (valid are: account_id, policy_test_id, wait_seconds)`},
	} {
		t.Run(name, func(t *testing.T) {
			result := call(t, tool, tt.arguments)
			if got := errorInfo(t, result); got.Kind != cfapi.InvalidArgument || got.HTTPStatus != 0 {
				t.Errorf("%+v", got)
			}
			if want := "Invalid arguments: " + tt.want + ". Nothing was sent to Cloudflare; correct the arguments and call again."; text(result, 0) != want {
				t.Errorf("got  %s\nwant %s", text(result, 0), want)
			}
		})
	}
	if n := sim.Requests(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestGoodArguments(t *testing.T) {
	for name, tt := range map[string]struct{ defaultAccount, arguments string }{
		"white space around":       {"", `{"account_id": "\n` + simulator.AccountID + ` ", "policy_test_id": "\t ` + simulator.PolicyTestID + `\n"}`},
		"default account":          {simulator.AccountID, `{"policy_test_id": "` + simulator.PolicyTestID + `"}`},
		"default account replaced": {"other", goodArguments},
	} {
		t.Run(name, func(t *testing.T) {
			options := newOptions(t, simulator.New())
			options.DefaultAccountID = tt.defaultAccount
			if result := call(t, find(t, options, "get_access_policy_test"), tt.arguments); result.IsError {
				t.Error(text(result, 0))
			}
		})
	}
}

// TestErrorsAreNotShared: mcp-go changes results after they are returned.
func TestErrorsAreNotShared(t *testing.T) {
	tool := find(t, newOptions(t, body(http.StatusNotFound, nil, "")), "get_access_policy_test")
	first, second := call(t, tool, goodArguments), call(t, tool, goodArguments)
	if first == second || first.Meta == second.Meta {
		t.Error("two calls share a result")
	}
}
