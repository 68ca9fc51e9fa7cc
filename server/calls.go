package server

import (
	"context"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/tools"
)

// logged writes one record per call: which tool, how it went, how long it took.
// Arguments stay out of it.
func (s *Server) logged(next server.ToolHandlerFunc) server.ToolHandlerFunc {
	return func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		defer s.calls.begin()()
		start := time.Now()
		result, err := next(ctx, request)
		attrs := []slog.Attr{
			slog.String("tool", request.Params.Name),
			slog.Duration("duration", time.Since(start).Round(time.Microsecond)),
		}
		s.log.LogAttrs(ctx, slog.LevelInfo, "call", append(attrs, outcome(result)...)...)
		return result, err
	}
}

// outcome says how a call went: "ok" or the kind of its error.
func outcome(result *mcp.CallToolResult) []slog.Attr {
	if result == nil || !result.IsError {
		return []slog.Attr{slog.String("outcome", "ok")}
	}
	info, _ := result.Meta.GetMetaField(tools.ErrorMetaKey).(tools.ErrorInfo)
	attrs := []slog.Attr{slog.String("outcome", string(info.Kind))}
	if info.HTTPStatus != 0 {
		attrs = append(attrs, slog.Int("http_status", info.HTTPStatus))
	}
	if info.RayID != "" {
		attrs = append(attrs, slog.String("ray_id", info.RayID))
	}
	return attrs
}

// recovered turns a panic into a result with a fixed text. mcp-go would send the
// panic's own text to the client, with whatever is in it.
func (s *Server) recovered(next server.ToolHandlerFunc) server.ToolHandlerFunc {
	return func(ctx context.Context, request mcp.CallToolRequest) (result *mcp.CallToolResult, err error) {
		defer func() {
			if p := recover(); p != nil {
				s.log.ErrorContext(ctx, "panic in a tool", "tool", request.Params.Name, "panic", p, "stack", string(debug.Stack()))
				result, err = tools.InternalError(), nil
			}
		}()
		return next(ctx, request)
	}
}
