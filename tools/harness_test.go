package tools_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"go.uber.org/goleak"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
	"access-policy-mcp/tools"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testCaller is on whose behalf the tests call.
func testCaller() tools.Caller {
	return tools.Caller{Name: "test", Credential: tools.Credential{
		Credentials: cfapi.Credentials{Token: simulator.Token},
		Source:      "CLOUDFLARE_API_TOKEN",
	}}
}

// newOptions returns options for tools that ask handler.
func newOptions(t *testing.T, handler http.Handler) tools.Options {
	t.Helper()
	transport, stop := simulator.Serve(handler)
	t.Cleanup(stop)
	return newOptionsOver(t, transport)
}

// newOptionsOver returns options for tools whose requests go over transport.
func newOptionsOver(t *testing.T, transport http.RoundTripper) tools.Options {
	t.Helper()
	pool, err := watch.NewPool(cfapi.Config{BaseURL: simulator.BaseURL, Transport: transport}, quota.Max)
	if err != nil {
		t.Fatal(err)
	}
	return tools.Options{Pool: pool}
}

// newCatalog returns what options admit. There is at least one tool.
func newCatalog(t *testing.T, options tools.Options) tools.Catalog {
	t.Helper()
	catalog, err := tools.NewCatalog(options)
	if err != nil {
		t.Fatal(err)
	}
	if len(catalog.Tools) == 0 {
		t.Fatal("no tools")
	}
	return catalog
}

// everything returns all that can be served, which asks handler.
func everything(t *testing.T, handler http.Handler) tools.Catalog {
	t.Helper()
	options := newOptions(t, handler)
	options.AllowStart = true
	return newCatalog(t, options)
}

// find returns the tool of that name.
func find(t *testing.T, options tools.Options, name string) server.ServerTool {
	t.Helper()
	for _, tool := range newCatalog(t, options).Tools {
		if tool.Tool.Name == name {
			return tool
		}
	}
	t.Fatalf("no tool %s", name)
	return server.ServerTool{}
}

// call calls a tool on behalf of testCaller with arguments as JSON.
func call(t *testing.T, tool server.ServerTool, arguments string) *mcp.CallToolResult {
	t.Helper()
	return callAs(t, testCaller(), tool, arguments)
}

func callAs(t *testing.T, caller tools.Caller, tool server.ServerTool, arguments string) *mcp.CallToolResult {
	t.Helper()
	result, err := tool.Handler(tools.WithCaller(context.Background(), caller), request(arguments))
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func request(arguments string) mcp.CallToolRequest {
	return mcp.CallToolRequest{Params: mcp.CallToolParams{RawArguments: json.RawMessage(arguments)}}
}

// sampleArguments are valid arguments for whichever tool: those that it requires, and
// more of these.
func sampleArguments(t *testing.T, tool mcp.Tool, more ...string) string {
	t.Helper()
	samples := map[string]any{
		"account_id":     simulator.AccountID,
		"policy_test_id": simulator.PolicyTestID,
		"policies":       []string{"abc"},
		"wait_seconds":   45,
	}
	schema := compileSchema(t, tool.RawInputSchema)
	arguments := map[string]any{}
	for _, name := range schema.Required {
		arguments[name] = samples[name]
		if samples[name] == nil {
			arguments[name] = "sample"
		}
	}
	for _, name := range more {
		if schema.Properties[name] != nil {
			arguments[name] = samples[name]
		}
	}
	data, err := json.Marshal(arguments)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func text(result *mcp.CallToolResult, i int) string { return result.Content[i].(mcp.TextContent).Text }

func errorInfo(t *testing.T, result *mcp.CallToolResult) tools.ErrorInfo {
	t.Helper()
	if !result.IsError {
		t.Fatalf("not an error: %s", text(result, 0))
	}
	return result.Meta.AdditionalFields[tools.ErrorMetaKey].(tools.ErrorInfo)
}

// body serves one body to every request.
func body(status int, header http.Header, data string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), header)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(data))
	})
}
