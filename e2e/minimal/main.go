// Minimal is the smallest program with mcp-go that makes the same call, without
// any of the checks, limits and repairs. The benchmarks measure against it. It
// serves Streamable HTTP at the address in its first argument, or else stdio.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

type policyTest struct {
	ID                    string  `json:"id"`
	Status                string  `json:"status"`
	PercentUsersProcessed float64 `json:"percent_users_processed"`
	PercentApproved       float64 `json:"percent_approved"`
	PercentBlocked        float64 `json:"percent_blocked"`
	PercentErrored        float64 `json:"percent_errored"`
	TotalUsers            int     `json:"total_users"`
	UsersApproved         int     `json:"users_approved"`
	UsersBlocked          int     `json:"users_blocked"`
	UsersErrored          int     `json:"users_errored"`
}

func main() {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 128
	client := &http.Client{Transport: transport}
	s := server.NewMCPServer("minimal", "1", server.WithToolCapabilities(false))
	s.AddTool(mcp.NewTool("get_access_policy_test",
		mcp.WithDescription("Reports the state of a Cloudflare Access policy test."),
		mcp.WithString("account_id", mcp.Required(), mcp.MinLength(1), mcp.MaxLength(32)),
		mcp.WithString("policy_test_id", mcp.Required(), mcp.MinLength(1), mcp.MaxLength(64)),
		mcp.WithOutputSchema[policyTest](),
	), func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		url := fmt.Sprintf("%s/accounts/%s/access/policy-tests/%s", os.Getenv("CLOUDFLARE_BASE_URL"), r.GetString("account_id", ""), r.GetString("policy_test_id", ""))
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+os.Getenv("CLOUDFLARE_API_TOKEN"))
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		var body struct {
			Result policyTest `json:"result"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
			return nil, err
		}
		return mcp.NewToolResultStructured(body.Result, "Policy test is "+body.Result.Status), nil
	})
	var err error
	if len(os.Args) > 1 {
		err = server.NewStreamableHTTPServer(s, server.WithStateLess(true)).Start(os.Args[1])
	} else {
		err = server.ServeStdio(s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
