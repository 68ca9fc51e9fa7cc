package server

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// modernCallOf is a tools/call message of the stateless revision.
func modernCallOf(id, tool string) string {
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"` + tool +
		`","arguments":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
}

// TestKeepAlive: a request over POST /mcp that is silent for 15 s becomes an event stream
// with comments, if the client reads streams; the answer is its last event.
func TestKeepAlive(t *testing.T) {
	for name, tt := range map[string]struct {
		message, accept string
		takes           time.Duration
		comments        int // -1: no stream
	}{
		"legacy":               {callOf("1", "slow"), "application/json, text/event-stream", 100 * time.Second, 6},
		"stateless":            {modernCallOf("1", "slow"), "application/json, text/event-stream", 100 * time.Second, 6},
		"batch":                {"[" + callOf("1", "slow") + "]", "application/json, text/event-stream", 100 * time.Second, 6},
		"in time":              {callOf("1", "slow"), "application/json, text/event-stream", 14 * time.Second, -1},
		"reads no stream":      {callOf("1", "slow"), "application/json", 100 * time.Second, -1},
		"stateless, no stream": {modernCallOf("1", "slow"), "application/json", 100 * time.Second, -1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newServerOf(fakeTool("slow", slow(tt.takes)))
				client, shutdown, ended := startHTTP(t, s)
				req := newPost(t.Context(), t, "/mcp", tt.message)
				setModernHeaders(req.Header, tt.message)
				req.Header.Set("Accept", tt.accept)
				began := time.Now()
				resp, err := client.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				headerAfter := time.Since(began)
				body, _ := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if time.Since(began) != tt.takes || !strings.Contains(string(body), "done") {
					t.Errorf("after %v: %s", time.Since(began), body)
				}
				if tt.comments < 0 {
					if headerAfter != tt.takes || resp.Header.Get("Content-Type") != "application/json" {
						t.Errorf("after %v: header %v", headerAfter, resp.Header)
					}
				} else {
					if headerAfter != 15*time.Second || resp.Header.Get("Content-Type") != "text/event-stream" || resp.Header.Get("X-Accel-Buffering") != "no" {
						t.Errorf("after %v: header %v", headerAfter, resp.Header)
					}
					want := strings.Repeat(": keep-alive\n\n", tt.comments) + "event: message\ndata: "
					if !strings.HasPrefix(string(body), want) || strings.Count(string(body), "data: ") != 1 {
						t.Errorf("%s", body)
					}
				}
				end(t, shutdown, ended)
			})
		})
	}
}

// TestKeepAliveBetweenNotifications: comments come only when nothing else does.
func TestKeepAliveBetweenNotifications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServerOf(fakeTool("notify", func(ctx context.Context) *mcp.CallToolResult {
			time.Sleep(10 * time.Second)
			_ = notifyFrom(ctx, 0)
			time.Sleep(10 * time.Second)
			_ = notifyFrom(ctx, 1)
			time.Sleep(20 * time.Second)
			return mcp.NewToolResultText("done")
		}))
		client, shutdown, ended := startHTTP(t, s)
		_, body := do(t, client, newPost(t.Context(), t, "/mcp", callOf("1", "notify")))
		checkOrder(t, body, `"n":0`, `"n":1`, ": keep-alive", "done")
		if n := strings.Count(body, ": keep-alive"); n != 1 {
			t.Errorf("%d comments: %s", n, body)
		}
		end(t, shutdown, ended)
	})
}

// TestKeepAliveDisconnect: a client that leaves ends the call also while comments come.
func TestKeepAliveDisconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started, canceled := make(chan bool, 1), make(chan bool, 1)
		s, _ := newServerOf(fakeTool("slow", untilCanceled(started, canceled)))
		client, shutdown, ended := startHTTP(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		bodies := start(client, newPost(ctx, t, "/mcp", callOf("1", "slow")))
		time.Sleep(time.Minute)
		cancel()
		<-canceled
		<-bodies
		end(t, shutdown, ended)
	})
}
