package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// TestHTTPNobodyCancelsAnother: over HTTP only the end of its connection cancels
// a call.
func TestHTTPNobodyCancelsAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServerOf(fakeTool("slow", slow(time.Second)))
		client, shutdown, ended := startHTTP(t, s)
		bodies := start(client, newPost(t.Context(), t, "/mcp", callOf("1", "slow")))
		synctest.Wait()
		for _, session := range []string{"", "x"} {
			req := newPost(t.Context(), t, "/mcp", `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
			req.Header.Set("Mcp-Session-Id", session)
			if resp, _ := do(t, client, req); resp.StatusCode != http.StatusAccepted {
				t.Errorf("status %d", resp.StatusCode)
			}
		}
		if body := <-bodies; !strings.Contains(body, "done") {
			t.Errorf("cancelled: %s", body)
		}
		end(t, shutdown, ended)
	})
}

func TestHTTPDisconnectCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started, canceled := make(chan bool, 1), make(chan bool, 1)
		s, _ := newServerOf(fakeTool("slow", untilCanceled(started, canceled)))
		client, shutdown, ended := startHTTP(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		bodies := start(client, newPost(ctx, t, "/mcp", callOf("1", "slow")))
		synctest.Wait()
		cancel()
		<-canceled
		if body := <-bodies; !strings.Contains(body, context.Canceled.Error()) {
			t.Errorf("answered: %s", body)
		}
		end(t, shutdown, ended)
	})
}

// TestHTTPNotifications: what a call notifies comes in order and before its
// result, if the client reads event streams.
func TestHTTPNotifications(t *testing.T) {
	notifying := fakeFailingTool("notify", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for i := range 3 {
			if err := notifyFrom(ctx, i); err != nil {
				return nil, err
			}
		}
		return mcp.NewToolResultText("done"), nil
	})
	for accept, wantEvents := range map[string]bool{
		"application/json, text/event-stream": true, "*/*": true, "": true, "application/json": false,
	} {
		t.Run(accept, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newServerOf(notifying)
				client, shutdown, ended := startHTTP(t, s)
				req := newPost(t.Context(), t, "/mcp", callOf("1", "notify"))
				req.Header["Accept"] = []string{accept}
				resp, body := do(t, client, req)
				if events := strings.Count(body, "event: message\n"); wantEvents && events != 4 || !wantEvents && events != 0 {
					t.Errorf("%d events: %s", events, body)
				}
				if wantEvents {
					checkOrder(t, body, `"n":0`, `"n":1`, `"n":2`, `done`)
					if resp.Header.Get("X-Accel-Buffering") != "no" || resp.Header.Get("Content-Type") != "text/event-stream" {
						t.Errorf("header %v", resp.Header)
					}
				}
				end(t, shutdown, ended)
			})
		})
	}
}

func notifyFrom(ctx context.Context, n int) error {
	var notification mcp.JSONRPCNotification
	_ = json.Unmarshal([]byte(`{"jsonrpc":"2.0","method":"notifications/test"}`), &notification)
	notification.Params.AdditionalFields = map[string]any{"n": n}
	return sessionFrom(ctx).Notify(notification)
}

func checkOrder(t *testing.T, s string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		_, rest, ok := strings.Cut(s, part)
		if !ok {
			t.Errorf("%q is not in its place", part)
			return
		}
		s = rest
	}
}

// TestHTTPPanicAfterNotifications: once the response is an event stream, the error is its
// last event.
func TestHTTPPanicAfterNotifications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServerOf(fakeFailingTool("notify", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			if err := notifyFrom(ctx, 0); err != nil {
				return nil, err
			}
			return mcp.NewToolResultStructured(panicking{}, "text"), nil
		}))
		client, shutdown, ended := startHTTP(t, s)
		_, body := do(t, client, newPost(t.Context(), t, "/mcp", callOf("9007199254740993", "notify")))
		checkOrder(t, body, `data: {`, `"n":0`, "\n\n", `data: {`, `"id":9007199254740993`, `"code":-32603`, "\n\n")
		end(t, shutdown, ended)
	})
}
