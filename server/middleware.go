package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/tools"
)

// internalText is what a client is told of a defect of this program. The cause is in
// the log alone: nobody knows what its text holds.
const internalText = "this server failed internally; its log has the details"

var errInternal = errors.New(internalText)

// middleware stands around the handlers of one MCP method: it counts the requests that
// run, writes one log record for each, and answers in place of a handler that panics.
type middleware[Request, Result any] struct {
	server *Server
	// record is the message of the log record.
	record string
	// subject says in the log what was asked for. Arguments stay out of it.
	subject func(Request) slog.Attr
	// split takes the cause of a defect out of what a handler returns. A nil cause
	// means that there is none.
	split func(Result, error) (result Result, err, cause error)
	// outcome says in the log how a request went: "ok" or what went wrong.
	outcome func(Result, error) []slog.Attr
	// panicked is the answer in place of a handler that panics.
	panicked func() (Result, error)
}

// wrap returns next with the middleware around it.
func (m middleware[Request, Result]) wrap(next func(context.Context, Request) (Result, error)) func(context.Context, Request) (Result, error) {
	return func(ctx context.Context, request Request) (Result, error) {
		defer m.server.calls.begin()()
		start := time.Now()
		result, err := m.call(ctx, request, next)
		attrs := []slog.Attr{m.subject(request), slog.Duration("duration", time.Since(start).Round(time.Microsecond))}
		attrs = append(attrs, m.outcome(result, err)...)
		if caller, _ := tools.CallerFrom(ctx); caller.Name != "" {
			attrs = append(attrs, slog.String("caller", caller.Name))
		}
		m.server.log.LogAttrs(ctx, slog.LevelInfo, m.record, attrs...)
		return result, err
	}
}

// call calls the handler and logs the cause of a defect.
func (m middleware[Request, Result]) call(ctx context.Context, request Request, next func(context.Context, Request) (Result, error)) (result Result, err error) {
	defer m.server.recovered(ctx, m.subject(request), func() { result, err = m.panicked() })
	var cause error
	result, err = next(ctx, request)
	if result, err, cause = m.split(result, err); cause != nil {
		m.server.log.LogAttrs(ctx, slog.LevelError, "internal error", m.subject(request), slog.Any("cause", cause))
	}
	return result, err
}

// aroundTools is the middleware of tools/call. A handler that meets a defect returns
// its result together with the cause.
func (s *Server) aroundTools(next server.ToolHandlerFunc) server.ToolHandlerFunc {
	return middleware[mcp.CallToolRequest, *mcp.CallToolResult]{
		server:  s,
		record:  "call",
		subject: func(r mcp.CallToolRequest) slog.Attr { return slog.String("tool", r.Params.Name) },
		split: func(result *mcp.CallToolResult, err error) (*mcp.CallToolResult, error, error) {
			if result == nil {
				return tools.InternalError(), nil, errors.Join(errors.New("the handler returned no result"), err)
			}
			return result, nil, err
		},
		outcome:  func(result *mcp.CallToolResult, _ error) []slog.Attr { return toolOutcome(result) },
		panicked: func() (*mcp.CallToolResult, error) { return tools.InternalError(), nil },
	}.wrap(giveArguments(next))
}

// toolOutcome is "ok" or what a failed result says of its error.
func toolOutcome(result *mcp.CallToolResult) []slog.Attr {
	if !result.IsError {
		return []slog.Attr{slog.String("outcome", "ok")}
	}
	info, _ := result.Meta.GetMetaField(tools.ErrorMetaKey).(tools.ErrorInfo)
	return failedOutcome(info)
}

// failedOutcome is the kind of an error, with what identifies Cloudflare's answer.
func failedOutcome(info tools.ErrorInfo) []slog.Attr {
	attrs := []slog.Attr{slog.String("outcome", string(info.Kind))}
	if info.HTTPStatus != 0 {
		attrs = append(attrs, slog.Int("http_status", info.HTTPStatus))
	}
	if info.RayID != "" {
		attrs = append(attrs, slog.String("ray_id", info.RayID))
	}
	return attrs
}

// aroundResources is the middleware of resources/read. The log names the scheme of the
// URI; the rest of it are arguments.
func (s *Server) aroundResources(next server.ResourceHandlerFunc) server.ResourceHandlerFunc {
	return middleware[mcp.ReadResourceRequest, []mcp.ResourceContents]{
		server: s,
		record: "read",
		subject: func(r mcp.ReadResourceRequest) slog.Attr {
			scheme, _, _ := strings.Cut(r.Params.URI, ":")
			return slog.String("resource", scheme)
		},
		split:    splitError[[]mcp.ResourceContents],
		outcome:  errorOutcome[[]mcp.ResourceContents],
		panicked: func() ([]mcp.ResourceContents, error) { return nil, errInternal },
	}.wrap(next)
}

// aroundPrompts is the middleware of prompts/get.
func (s *Server) aroundPrompts(next server.PromptHandlerFunc) server.PromptHandlerFunc {
	return middleware[mcp.GetPromptRequest, *mcp.GetPromptResult]{
		server:   s,
		record:   "prompt",
		subject:  func(r mcp.GetPromptRequest) slog.Attr { return slog.String("prompt", r.Params.Name) },
		split:    splitError[*mcp.GetPromptResult],
		outcome:  errorOutcome[*mcp.GetPromptResult],
		panicked: func() (*mcp.GetPromptResult, error) { return nil, errInternal },
	}.wrap(next)
}

// splitError is for handlers that have nothing but an error to fail with, which mcp-go
// sends to the client as its text. An error that wraps another has met a defect: what
// it wraps is the cause, and must not be in the text.
func splitError[Result any](result Result, err error) (Result, error, error) {
	return result, err, errors.Unwrap(err)
}

// errorOutcome is "ok" or what an error says of itself.
func errorOutcome[Result any](_ Result, err error) []slog.Attr {
	if err == nil {
		return []slog.Attr{slog.String("outcome", "ok")}
	}
	if failed, ok := errors.AsType[*tools.RequestError](err); ok {
		return failedOutcome(failed.Info)
	}
	return []slog.Attr{slog.String("outcome", "internal")}
}

// recovered, deferred, logs a panic with its stack and calls answer, which replies in
// place of what panicked. No panic may end the process or leave a request unanswered.
func (s *Server) recovered(ctx context.Context, subject slog.Attr, answer func()) {
	if p := recover(); p != nil {
		s.log.LogAttrs(ctx, slog.LevelError, "panic", subject, slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		answer()
	}
}

// recoverHTTP answers with status 500 when anything behind it panics. The handlers of
// MCP messages recover by themselves, since they know whom to answer.
func (s *Server) recoverHTTP(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.recovered(r.Context(), slog.String("path", r.URL.Path), func() {
			http.Error(w, internalText, http.StatusInternalServerError)
		})
		next.ServeHTTP(w, r)
	})
}
