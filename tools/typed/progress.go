package typed

import (
	"context"
	"math"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// ProgressFunc tells a client how far its call has come: how many per cent, nil if
// that is not known, and a message in words.
type ProgressFunc func(percent *float64, message string)

// Notifier is a client's session (see [server.ClientSession]) that sends
// notifications at once and in order. Only over such a session is progress reported:
// the notification channel of mcp-go can deliver one after the result.
type Notifier interface {
	Notify(mcp.JSONRPCNotification) error
}

type progressKey struct{}

// Progress returns what reports the progress of the call that ctx is of; nil if the
// client does not want reports, or there is no way to send them. What is reported
// increases strictly, as the MCP specification, "Progress", wants it, and stays below
// 100, whatever the percentages are and however many reports there are. It is not safe
// for concurrent use.
func Progress(ctx context.Context) ProgressFunc {
	report, _ := ctx.Value(progressKey{}).(ProgressFunc)
	return report
}

// withProgress returns a context of the request's call. A client wants progress if
// its request comes with a token for it.
func withProgress(ctx context.Context, request mcp.CallToolRequest) context.Context {
	session, ok := server.ClientSessionFromContext(ctx).(Notifier)
	if !ok || request.Params.Meta == nil || request.Params.Meta.ProgressToken == nil {
		return ctx
	}
	token := request.Params.Meta.ProgressToken // the request itself may be large, and calls wait
	var values increasing
	report := ProgressFunc(func(percent *float64, message string) {
		value, ok := values.next(percent)
		if !ok {
			return
		}
		_ = session.Notify(mcp.JSONRPCNotification{ // a client that is gone misses nothing
			JSONRPC: mcp.JSONRPC_VERSION,
			Notification: mcp.Notification{
				Method: "notifications/progress",
				Params: mcp.NotificationParams{AdditionalFields: map[string]any{
					"progressToken": token,
					"progress":      value,
					"total":         100,
					"message":       message,
				}},
			},
		})
	})
	return context.WithValue(ctx, progressKey{}, report)
}

// increasing makes a strictly increasing sequence below 100 of percentages that may
// stand still, be missing, or go back. A value that is not above the last one is
// replaced by one slightly above it.
type increasing struct {
	started bool
	last    float64
}

const (
	maxIncrement = 0.001
	// highest is what 100 % is reported as. The rest is for the increments of a call
	// that stands at 100 % without having ended.
	highest = 99.99
)

// next returns the next value. It is false if there is none left, which takes millions
// of reports.
func (s *increasing) next(percent *float64) (float64, bool) {
	value := s.last
	if percent != nil {
		value = max(*percent, 0)
	}
	if value >= 100 {
		value = highest
	}
	if s.started && value <= s.last {
		value = s.above()
	}
	if value >= 100 {
		return 0, false
	}
	s.started, s.last = true, value
	return value, true
}

// above returns a value slightly above the last one. The increments shrink with the
// square of the distance to 100, so that after n of them about 1/n of a per cent is
// left. A fixed share of the distance would use it up after some 200. The increment is
// at least the smallest that a number of this size can have.
func (s *increasing) above() float64 {
	distance := 100 - s.last
	return max(s.last+min(maxIncrement, distance*distance), math.Nextafter(s.last, 100))
}
