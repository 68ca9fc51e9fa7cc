package server

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"access-policy-mcp/cfapi/simulator"
)

func TestSSE(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServer(t, simulator.New())
		client, shutdown, ended := startHTTP(t, s)
		c := openSSE(t, client)
		if c.header.Get("X-Accel-Buffering") != "no" || c.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("header %v", c.header)
		}
		if resp, body := do(t, client, newPost(t.Context(), t, c.endpoint, pingMessage)); resp.StatusCode != http.StatusAccepted || body != "" {
			t.Errorf("status %d: %s", resp.StatusCode, body)
		}
		if got := c.next(); got != `{"jsonrpc":"2.0","id":"ping","result":{}}` {
			t.Errorf("answer %s", got)
		}
		if resp, _ := do(t, client, newPost(t.Context(), t, c.endpoint, strings.Repeat(" ", maxRequestBody+1))); resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d", resp.StatusCode)
		}
		// The connection in memory has no buffer: the refusal waits to be read.
		start(client, newPost(t.Context(), t, c.endpoint, "hello"))
		if got := c.next(); !strings.Contains(got, "-32700") {
			t.Errorf("answer %s", got)
		}
		c.close()
		end(t, shutdown, ended)
	})
}

// TestSSEOffersLegacyVersionsOnly: clients that prefer the stateless protocol
// cannot use it over this transport.
func TestSSEOffersLegacyVersionsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServer(t, simulator.New())
		client, shutdown, ended := startHTTP(t, s)
		c := openSSE(t, client)
		do(t, client, newPost(t.Context(), t, c.endpoint, `{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{
			"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`))
		if got := c.next(); strings.Contains(got, `"2026-07-28"`) || !strings.Contains(got, `"2025-11-25"`) {
			t.Errorf("answer %s", got)
		}
		c.close()
		end(t, shutdown, ended)
	})
}

func TestSSECancelAndDisconnect(t *testing.T) {
	for name, leave := range map[string]func(*testing.T, *http.Client, *sseClient){
		"disconnect": func(_ *testing.T, _ *http.Client, c *sseClient) { c.close() },
		"cancel": func(t *testing.T, client *http.Client, c *sseClient) {
			do(t, client, newPost(t.Context(), t, c.endpoint, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`))
			do(t, client, newPost(t.Context(), t, c.endpoint, pingMessage))
			if got := c.next(); !strings.Contains(got, `"ping"`) {
				t.Errorf("a cancelled call was answered: %s", got)
			}
			c.close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				started, canceled := make(chan bool, 1), make(chan bool, 1)
				s, _ := newServerOf(fakeTool("slow", untilCanceled(started, canceled)), fakeTool("other", slow(time.Minute)))
				client, shutdown, ended := startHTTP(t, s)
				other, c := openSSE(t, client), openSSE(t, client)
				do(t, client, newPost(t.Context(), t, other.endpoint, callOf("1", "other")))
				do(t, client, newPost(t.Context(), t, c.endpoint, callOf("1", "slow")))
				synctest.Wait()
				leave(t, client, c)
				synctest.Wait()
				if len(canceled) != 1 {
					t.Error("the call goes on")
				}
				if got := other.next(); !strings.Contains(got, "done") {
					t.Errorf("another client's call with the same id was touched: %s", got)
				}
				other.close()
				end(t, shutdown, ended)
			})
		})
	}
}

// TestSSENoCallAfterTheStream: a message whose stream ends before it has come whole starts
// no call.
func TestSSENoCallAfterTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var started atomic.Int32
		s, _ := newServerOf(fakeTool("count", func(context.Context) *mcp.CallToolResult {
			started.Add(1)
			return mcp.NewToolResultText("done")
		}))
		client, shutdown, ended := startHTTP(t, s)
		c := openSSE(t, client)
		reader, writer := io.Pipe()
		req := newPost(t.Context(), t, c.endpoint, "")
		req.Body, req.ContentLength = reader, -1
		status := make(chan int, 1)
		go func() {
			resp, _, err := roundTrip(client, req)
			if err != nil {
				t.Error(err)
				return
			}
			status <- resp.StatusCode
		}()
		message := callOf("1", "count")
		_, _ = io.WriteString(writer, message[:10])
		synctest.Wait()
		c.close()
		synctest.Wait()
		_, _ = io.WriteString(writer, message[10:])
		_ = writer.Close()
		if got := <-status; got != http.StatusNotFound || started.Load() != 0 {
			t.Errorf("status %d, %d calls", got, started.Load())
		}
		end(t, shutdown, ended)
	})
}
