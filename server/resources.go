package server

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// readLogged writes one record for each resource that is read, and turns a panic
// into an error with a fixed text.
func (s *Server) readLogged(next server.ResourceHandlerFunc) server.ResourceHandlerFunc {
	return func(ctx context.Context, request mcp.ReadResourceRequest) (contents []mcp.ResourceContents, err error) {
		defer s.calls.begin()()
		start := time.Now()
		defer func() {
			outcome := "ok"
			if p := recover(); p != nil {
				s.log.ErrorContext(ctx, "panic in a resource", "panic", p, "stack", string(debug.Stack()))
				contents, err = nil, errors.New("this server failed internally; its log has the details")
			}
			if err != nil {
				outcome = "failed"
			}
			s.log.LogAttrs(ctx, slog.LevelInfo, "read", slog.String("outcome", outcome), slog.Duration("duration", time.Since(start).Round(time.Microsecond)))
		}()
		return next(ctx, request)
	}
}

// hooks let contents say how long they are good for: mcp-go knows one duration
// for all resources.
func (s *Server) hooks() *server.Hooks {
	hooks := &server.Hooks{}
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
