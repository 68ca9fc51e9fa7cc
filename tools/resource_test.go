package tools_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

// TestResource: a resource says what the tool says, and how long that is good for.
func TestResource(t *testing.T) {
	for id, ttl := range map[string]time.Duration{
		simulator.PolicyTestID: 5 * time.Second,
		simulator.DocumentedID: time.Hour,
	} {
		options := newOptions(t, simulator.New())
		result := call(t, find(t, options, "get_access_policy_test"), usersArguments(id, ""))
		contents, err := readResource(t, tools.WithCaller(t.Context(), testCaller()), newCatalog(t, options), simulator.AccountID, id)
		if err != nil || len(contents) != 1 {
			t.Fatalf("%v: %v", err, contents)
		}
		got := contents[0].(tools.Contents)
		if got.Text != text(result, 1) || got.MIMEType != "application/json" || got.URI != "access-policy-test://"+simulator.AccountID+"/"+id {
			t.Errorf("%+v", got)
		}
		if got.TTL() != ttl {
			t.Errorf("%s: TTL %s", id, got.TTL())
		}
	}
}

// TestResourceFails with the kinds and texts of the tool.
func TestResourceFails(t *testing.T) {
	for name, tt := range map[string]struct {
		status      int
		account, id string
		kind        cfapi.Kind
		want        string
	}{
		"a path":         {200, "a", "a/b", cfapi.InvalidArgument, "policy_test_id: only letters, digits, - and _ are allowed"},
		"an odd escape":  {200, "a", "%zz", cfapi.InvalidArgument, "policy_test_id: only letters, digits, - and _ are allowed"},
		"no account":     {200, "", "a", cfapi.InvalidArgument, "account_id: must not be empty"},
		"not found":      {404, "a", "b", cfapi.NotFound, "Check policy_test_id"},
		"not accessible": {403, "a", "b", cfapi.Forbidden, "Access: Policy Test Read"},
	} {
		options := newOptions(t, body(tt.status, nil, ""))
		options.DefaultAccountID = simulator.AccountID
		_, err := readResource(t, tools.WithCaller(t.Context(), testCaller()), newCatalog(t, options), tt.account, tt.id)
		if got := requestError(t, err); got.Info.Kind != tt.kind || got.Unwrap() != nil || !strings.Contains(got.Error(), tt.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestPromptsNeedTheirArguments: account_id only without a default.
func TestPromptsNeedTheirArguments(t *testing.T) {
	options := newOptions(t, http.NotFoundHandler())
	options.AllowStart = true
	for _, account := range []string{"", simulator.AccountID} {
		options.DefaultAccountID = account
		prompts := newCatalog(t, options).Prompts
		if len(prompts) != 2 {
			t.Fatalf("%d prompts", len(prompts))
		}
		for _, prompt := range prompts {
			arguments := map[string]string{}
			for _, argument := range prompt.Prompt.Arguments {
				if !argument.Required {
					continue
				}
				_, err := prompt.Handler(t.Context(), mcp.GetPromptRequest{Params: mcp.GetPromptParams{Arguments: arguments}})
				if got := requestError(t, err); got.Info.Kind != cfapi.InvalidArgument || got.Error() != "the argument "+argument.Name+" is required" {
					t.Errorf("%s: %+v", prompt.Prompt.Name, got)
				}
				arguments[argument.Name] = "x"
			}
			if _, err := prompt.Handler(t.Context(), mcp.GetPromptRequest{Params: mcp.GetPromptParams{Arguments: arguments}}); err != nil || len(arguments) == 0 {
				t.Errorf("%s with %v: %v", prompt.Prompt.Name, arguments, err)
			}
		}
	}
}

// TestResourceAddresses goes through mcp-go, which matches addresses with the template:
// an address that does is read, or refused in plain words as the arguments of a tool are;
// of others mcp-go says that there is no such resource.
func TestResourceAddresses(t *testing.T) {
	const alphabet = "only letters, digits, - and _ are allowed"
	const noResource = "resource not found"
	var requests requestLog
	catalog := everything(t, &requests)
	mcpServer := server.NewMCPServer("", "")
	mcpServer.AddResourceTemplates(catalog.ResourceTemplates...)
	for address, want := range map[string]string{
		"a/b":                          "", // is read
		"%61/%20b%0A":                  "",
		"a,c/b":                        "account_id: " + alphabet,
		"a/b,":                         "policy_test_id: " + alphabet,
		",/,":                          "account_id: " + alphabet + "; policy_test_id: " + alphabet,
		"a/b,c,d":                      "policy_test_id: " + alphabet,
		"a/b%2Cc":                      "policy_test_id: " + alphabet,
		"a/%00":                        "policy_test_id: " + alphabet,
		"a/%2e%2E":                     "policy_test_id: " + alphabet,
		"a%2Fb/c":                      "account_id: " + alphabet,
		"a/%C0%AF":                     "policy_test_id: " + alphabet,
		"a/%E4":                        "policy_test_id: " + alphabet,
		"a/%25zz":                      "policy_test_id: " + alphabet,
		"a/" + strings.Repeat("x", 65): "policy_test_id: length must be at most 64, but is 65",
		"/b":                           "account_id: must not be empty",
		"a/":                           "policy_test_id: must not be empty",
		"a/%20":                        "policy_test_id: must not be empty",
		"/":                            "account_id: must not be empty",
		"a/b%zz":                       noResource,
		"a/%2":                         noResource,
		"a//b":                         noResource,
		"a/b/":                         noResource,
		"a":                            noResource,
		"":                             noResource,
		"a/b?x=1":                      noResource,
		"a/b#c":                        noResource,
		"a/ä":                          noResource,
	} {
		requests.sent = nil
		message := toJSON(t, map[string]any{"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": map[string]any{"uri": "access-policy-test://" + address}})
		answer := toJSON(t, mcpServer.HandleMessage(tools.WithCaller(t.Context(), testCaller()), json.RawMessage(message)))
		switch {
		case want == "":
			if strings.Contains(answer, `"error"`) || len(requests.sent) > 1 {
				t.Errorf("%q: %d requests: %s", address, len(requests.sent), answer)
			}
			continue
		case !strings.Contains(answer, want), strings.Contains(answer, "array"), strings.Contains(answer, "[]"), strings.Contains(answer, "Go "):
			t.Errorf("%q: %s", address, answer)
		}
		if len(requests.sent) > 0 {
			t.Errorf("%q: requests %+v", address, requests.sent)
		}
	}
}
