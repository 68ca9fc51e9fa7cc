package tools_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"testing"
	"testing/synctest"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"go.uber.org/goleak"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
	"access-policy-mcp/tools"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newOptions returns options for tools that ask handler.
func newOptions(t *testing.T, handler http.Handler) tools.Options {
	t.Helper()
	transport, stop := simulator.Serve(handler)
	t.Cleanup(stop)
	client, err := cfapi.New(cfapi.Config{
		BaseURL:     simulator.BaseURL,
		Credentials: cfapi.Credentials{Token: simulator.Token},
		Transport:   transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return tools.Options{Watcher: watch.New(client, watch.MaxBudget)}
}

// features returns what options admit.
func features(t *testing.T, options tools.Options) tools.Features {
	t.Helper()
	f, err := tools.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// find returns the tool of that name.
func find(t *testing.T, options tools.Options, name string) server.ServerTool {
	t.Helper()
	for _, tool := range features(t, options).Tools {
		if tool.Tool.Name == name {
			return tool
		}
	}
	t.Fatalf("no tool %s", name)
	return server.ServerTool{}
}

// call calls a tool with arguments as JSON.
func call(t *testing.T, tool server.ServerTool, arguments string) *mcp.CallToolResult {
	t.Helper()
	result, err := tool.Handler(context.Background(), mcp.CallToolRequest{Params: mcp.CallToolParams{RawArguments: json.RawMessage(arguments)}})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func text(result *mcp.CallToolResult, i int) string { return result.Content[i].(mcp.TextContent).Text }

func info(t *testing.T, result *mcp.CallToolResult) tools.ErrorInfo {
	t.Helper()
	if !result.IsError {
		t.Fatalf("not an error: %s", text(result, 0))
	}
	return result.Meta.AdditionalFields[tools.ErrorMetaKey].(tools.ErrorInfo)
}

// bubble runs f in fake time.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// body serves one body to every request.
func body(status int, header http.Header, data string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), header)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(data))
	})
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
