package e2e

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/server"
	"access-policy-mcp/tools"
)

// TestStory starts a test, waits for it, lists who is locked out, reads the resource and
// gets the prompt, through an MCP client, as an assistant would.
func TestStory(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath(server.Name)
	if err != nil {
		t.Fatal(err)
	}
	c := client.NewClient(transport.NewStdio(path, stateIn(t.TempDir()), "--simulate", "--allow-start"))
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Initialize(t.Context(), mcp.InitializeRequest{Params: mcp.InitializeParams{
		ProtocolVersion: mcp.LATEST_LEGACY_PROTOCOL_VERSION,
		ClientInfo:      mcp.Implementation{Name: "story", Version: "1"},
	}}); err != nil {
		t.Fatal(err)
	}
	call := func(name, arguments string, result any) {
		t.Helper()
		answer, err := c.CallTool(t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{Name: name, Arguments: json.RawMessage(arguments)}})
		if err != nil || answer.IsError {
			t.Fatal(err, answer)
		}
		if err := json.Unmarshal([]byte(answer.Content[1].(mcp.TextContent).Text), result); err != nil {
			t.Fatal(err)
		}
	}

	var started struct {
		ID   string
		Test tools.PolicyTest
	}
	call("start_access_policy_test", `{"policies": [{"name": "Staff only", "decision": "allow", "include": [{"email_domain": {"domain": "example.com"}}]}], "wait_seconds": 45}`, &started)
	if !started.Test.Finished || started.Test.UsersBlocked == nil {
		t.Fatalf("%+v", started)
	}
	var blocked tools.UsersPage
	call("list_access_policy_test_users", `{"policy_test_id": "`+started.ID+`", "status": "blocked"}`, &blocked)
	if len(blocked.Users) != int(*started.Test.UsersBlocked) || blocked.More {
		t.Errorf("%d are blocked, but %d are listed", *started.Test.UsersBlocked, len(blocked.Users))
	}

	resource, err := c.ReadResource(t.Context(), mcp.ReadResourceRequest{Params: mcp.ReadResourceParams{
		URI: "access-policy-test://" + simulator.AccountID + "/" + started.ID,
	}})
	if err != nil || !strings.Contains(resource.Contents[0].(mcp.TextResourceContents).Text, `"status":"complete"`) {
		t.Errorf("%v: %+v", err, resource)
	}
	prompt, err := c.GetPrompt(t.Context(), mcp.GetPromptRequest{Params: mcp.GetPromptParams{
		Name: "review_access_policy_test", Arguments: map[string]string{"policy_test_id": started.ID},
	}})
	if err != nil || !strings.Contains(prompt.Messages[0].Content.(mcp.TextContent).Text, started.ID) {
		t.Errorf("%v: %+v", err, prompt)
	}
}
