package tools_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

// TestAccountsOfTheCaller: a call about another account sends nothing.
func TestAccountsOfTheCaller(t *testing.T) {
	sim := simulator.New()
	caller := testCaller()
	catalog := everything(t, sim)

	caller.Accounts = []string{"a", "b", "c", "d", "e"}
	for _, tool := range catalog.Tools {
		result := callAs(t, caller, tool, sampleArguments(t, tool.Tool))
		if got := errorInfo(t, result); got.Kind != cfapi.Forbidden || got.HTTPStatus != 0 {
			t.Errorf("%s: %+v", tool.Tool.Name, got)
		}
		if want := "about the account " + simulator.AccountID + ", only about a, b, c and 2 more. Nothing was sent"; !strings.Contains(text(result, 0), want) {
			t.Errorf("%s: the text lacks %q: %s", tool.Tool.Name, want, text(result, 0))
		}
	}
	_, err := readTest(t, tools.WithCaller(t.Context(), caller), catalog)
	if got := requestError(t, err); got.Info.Kind != cfapi.Forbidden || got.Unwrap() != nil {
		t.Errorf("resource: %+v", got)
	}
	if n := sim.Requests(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}

	caller.Accounts = []string{"a", simulator.AccountID}
	for _, tool := range catalog.Tools {
		if result := callAs(t, caller, tool, sampleArguments(t, tool.Tool)); result.IsError {
			t.Errorf("%s: %s", tool.Tool.Name, text(result, 0))
		}
	}
	if _, err := readTest(t, tools.WithCaller(t.Context(), caller), catalog); err != nil {
		t.Errorf("resource: %v", err)
	}
}

// TestDefaultAccountOfAnother: the default account is no way around the limits of a
// caller.
func TestDefaultAccountOfAnother(t *testing.T) {
	sim := simulator.New()
	options := newOptions(t, sim)
	options.DefaultAccountID = simulator.AccountID
	caller := testCaller()
	caller.Accounts = []string{"other"}
	result := callAs(t, caller, find(t, options, "get_access_policy_test"), `{"policy_test_id": "`+simulator.PolicyTestID+`"}`)
	if kind := errorInfo(t, result).Kind; kind != cfapi.Forbidden || sim.Requests() != 0 {
		t.Errorf("kind %s, %d requests", kind, sim.Requests())
	}
}

// TestNoCaller: a call that nobody makes is a defect. The client learns nothing of
// it but that, the server gets the cause.
func TestNoCaller(t *testing.T) {
	sim := simulator.New()
	catalog := everything(t, sim)
	for _, tool := range catalog.Tools {
		result, err := tool.Handler(context.Background(), request(sampleArguments(t, tool.Tool)))
		if err == nil || !strings.Contains(err.Error(), "no caller") {
			t.Errorf("%s: the cause is %v", tool.Tool.Name, err)
		}
		if got := errorInfo(t, result); got.Kind != cfapi.Internal || text(result, 0) != text(tools.InternalError(), 0) {
			t.Errorf("%s: %+v: %s", tool.Tool.Name, got, text(result, 0))
		}
	}
	_, err := readTest(t, t.Context(), catalog)
	got := requestError(t, err)
	if cause := errors.Unwrap(got); got.Info.Kind != cfapi.Internal || got.Error() != text(tools.InternalError(), 0) || cause == nil || !strings.Contains(cause.Error(), "no caller") {
		t.Errorf("resource: %+v, the cause is %v", got, cause)
	}
	if n := sim.Requests(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// readTest reads the example test as a resource.
func readTest(t *testing.T, ctx context.Context, catalog tools.Catalog) ([]mcp.ResourceContents, error) {
	t.Helper()
	return readResource(t, ctx, catalog, simulator.AccountID, simulator.PolicyTestID)
}

// readResource reads a resource as mcp-go does, with the parts of its URI.
func readResource(t *testing.T, ctx context.Context, catalog tools.Catalog, account, id string) ([]mcp.ResourceContents, error) {
	t.Helper()
	if len(catalog.ResourceTemplates) != 1 {
		t.Fatalf("%d resource templates", len(catalog.ResourceTemplates))
	}
	return catalog.ResourceTemplates[0].Handler(ctx, mcp.ReadResourceRequest{Params: mcp.ReadResourceParams{
		URI:       "access-policy-test://" + account + "/" + id,
		Arguments: map[string]any{"account_id": []string{account}, "policy_test_id": []string{id}},
	}})
}

func requestError(t *testing.T, err error) *tools.RequestError {
	t.Helper()
	failure, ok := errors.AsType[*tools.RequestError](err)
	if !ok {
		t.Fatalf("not a RequestError: %v", err)
	}
	return failure
}
