package server

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/server/auth"
	"access-policy-mcp/tools"
)

// TestCaller: the handler finds the caller in its context, over every transport.
func TestCaller(t *testing.T) {
	whoAmI := fakeTool("who_am_i", func(ctx context.Context) *mcp.CallToolResult {
		caller, _ := tools.CallerFrom(ctx)
		return mcp.NewToolResultText("I am " + caller.Name)
	})
	for transport, play := range players {
		t.Run(transport, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, log := newServerOf(whoAmI)
				if answer := play(t, s, []string{callOf("1", "who_am_i")}); !strings.Contains(answer, "I am "+fixedCaller.Name) {
					t.Errorf("answer %s", answer)
				}
				if !strings.Contains(log.String(), "caller="+fixedCaller.Name) {
					t.Errorf("the log does not name the caller: %s", log)
				}
			})
		})
	}
	t.Run("in process", func(t *testing.T) {
		s, _ := newServerOf(whoAmI)
		result, err := s.CallTool(tools.WithCaller(t.Context(), fixedCaller), "who_am_i", nil)
		if err != nil || result.Content[0].(mcp.TextContent).Text != "I am "+fixedCaller.Name {
			t.Errorf("result %+v, error %v", result, err)
		}
	})
}

// TestAuthenticatedCaller: over HTTP the authenticator's caller takes the place of the
// fixed one, and what authenticates it does not reach the handler.
func TestAuthenticatedCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whoAmI := fakeFailingTool("who_am_i", func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			caller, _ := tools.CallerFrom(ctx)
			return mcp.NewToolResultText("I am " + caller.Name + " with " + r.Header.Get("X-Other") + r.Header.Get("Authorization") + "."), nil
		})
		s, log := newServerWith(Config{
			Catalog:      tools.Catalog{Tools: []server.ServerTool{whoAmI}},
			Authenticate: auth.Bearer("bearer-secret", tools.Caller{Name: "authenticated"}),
		})
		client, shutdown, ended := startHTTP(t, s)
		call := callOf("1", "who_am_i")
		for message, want := range map[string]string{
			call: "I am authenticated with .",
			strings.Replace(call, `"arguments"`, `"unknown":1,"arguments"`, 1): "I am authenticated with another header.", // by way of mcp-go
		} {
			req := newPost(t.Context(), t, "/mcp", message)
			req.Header.Set("Authorization", "Bearer bearer-secret")
			req.Header.Set("X-Other", "another header")
			if _, body := do(t, client, req); !strings.Contains(body, want) {
				t.Errorf("answer %s", body)
			}
		}
		end(t, shutdown, ended)
		if strings.Contains(log.String(), "bearer-secret") {
			t.Errorf("the secret is in the log:\n%s", log)
		}
	})
}
