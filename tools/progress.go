package tools

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// reportFunc tells a client that waits how far things have come, in per cent;
// nil if that is not known. It is nil itself if the client does not want to know.
type reportFunc func(percent *float64, message string)

// notifier is a session that sends notifications at once and in order.
type notifier interface {
	Notify(mcp.JSONRPCNotification) error
}

// newReporter sends notifications/progress for a request that came with a
// progress token (MCP specification, "Progress").
func newReporter(ctx context.Context, request mcp.CallToolRequest) reportFunc {
	session, ok := server.ClientSessionFromContext(ctx).(notifier)
	if !ok || request.Params.Meta == nil || request.Params.Meta.ProgressToken == nil {
		return nil
	}
	var steps steps
	return func(percent *float64, message string) {
		_ = session.Notify(mcp.JSONRPCNotification{ // a client that is gone misses nothing
			JSONRPC: mcp.JSONRPC_VERSION,
			Notification: mcp.Notification{
				Method: "notifications/progress",
				Params: mcp.NotificationParams{AdditionalFields: map[string]any{
					"progressToken": request.Params.Meta.ProgressToken,
					"progress":      steps.next(percent),
					"total":         100,
					"message":       message,
				}},
			},
		})
	}
}

// steps makes a strictly increasing sequence below 100 of percentages that may
// stand still, be missing, or go back: a value that is not above the last one is
// replaced by one slightly above it. The steps become smaller towards 100, so
// that there is always room for another.
type steps struct {
	started bool
	last    float64
}

const (
	smallStep = 0.001
	// ceiling is the highest percentage that is reported as it is; what is left
	// is for the steps of a test that stands at 100 % without having finished.
	ceiling = 99.99
)

func (s *steps) next(percent *float64) float64 {
	value := s.last
	if percent != nil {
		value = min(max(*percent, 0), ceiling)
	}
	if s.started && value <= s.last {
		value = s.last + min(smallStep, (100-s.last)/8)
	}
	s.started, s.last = true, value
	return value
}
