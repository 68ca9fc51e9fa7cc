package server

import (
	"context"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// hooks free memory (see [forget]), and put into the answer to resources/read how long
// the contents may be cached, if they have a method TTL. mcp-go itself knows one duration
// for all resources.
func hooks() *server.Hooks {
	hooks := &server.Hooks{}
	hooks.AddBeforeAny(forget)
	hooks.AddAfterReadResource(func(ctx context.Context, _ any, _ *mcp.ReadResourceRequest, result *mcp.ReadResourceResult) {
		if len(result.Contents) == 0 || !server.IsModernRequest(ctx) {
			return
		}
		if timed, ok := result.Contents[0].(interface{ TTL() time.Duration }); ok {
			result.SetCacheHints(timed.TTL().Milliseconds(), mcp.CacheScopePrivate)
		}
	})
	return hooks
}
