package cli

import (
	"io"
	"net/http/httptest"
	"testing"
	"time"

	"access-policy-mcp/cfapi/quota"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

// BenchmarkTool is a call through the MCP server in this process. Package e2e has the
// benchmarks of the whole binary.
func BenchmarkTool(b *testing.B) {
	sim := simulator.New()
	sim.SetQuota(1<<40, time.Hour)
	api := httptest.NewServer(sim)
	defer api.Close()
	settings := newSettings([]string{"CLOUDFLARE_API_TOKEN=" + simulator.Token, "CLOUDFLARE_BASE_URL=" + api.URL, "CLOUDFLARE_ACCOUNT_ID=" + simulator.AccountID})
	settings.RequestBudget = quota.Max
	app, err := newApp(settings, io.Discard, nil)
	if err != nil {
		b.Fatal(err)
	}
	ctx := tools.WithCaller(b.Context(), app.caller)
	arguments := map[string]any{"policy_test_id": simulator.DocumentedID}
	b.ReportAllocs()
	for b.Loop() {
		result, err := app.server.CallTool(ctx, "get_access_policy_test", arguments)
		if err != nil || result.IsError {
			b.Fatal(err, result)
		}
	}
}
