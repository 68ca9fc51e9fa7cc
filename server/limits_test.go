package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"access-policy-mcp/cfapi/simulator"
)

func cancelOf(id string) string {
	return `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":` + id + `}}`
}

// TestConnectionLimit: at the limit of one connection a request is refused, and what
// follows is still read, so that a cancellation makes room.
func TestConnectionLimit(t *testing.T) {
	for _, transport := range []string{"stdio", "sse"} {
		t.Run(transport, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newServerOf(fakeTool("slow", slow(time.Hour)))
				send, next, stop := openConnection(t, s, transport)
				for i := range maxRequests {
					send(callOf(strconv.Itoa(i), "slow"))
				}
				send(callOf(`"one too many"`, "slow"))
				if a := next(); !strings.Contains(a, `"id":"one too many"`) || !strings.Contains(a, `"code":-32005`) {
					t.Errorf("answer %s", a)
				}
				send(cancelOf("5"))
				synctest.Wait()
				send(pingMessage)
				if a := next(); !strings.Contains(a, `"id":"ping","result"`) {
					t.Errorf("answer %s", a)
				}
				stop()
			})
		})
	}
}

// TestRefusalsAreNotWaitedFor: cancellations are read even while nobody reads refusals.
func TestRefusalsAreNotWaitedFor(t *testing.T) {
	started, canceled := make(chan bool, maxRequests), make(chan bool, maxRequests)
	s, _ := newServerOf(fakeTool("slow", untilCanceled(started, canceled)))
	c := startStdio(t, s)
	for i := range maxRequests + 500 {
		c.send(t, callOf(strconv.Itoa(i), "slow"))
	}
	for i := range maxRequests {
		c.send(t, cancelOf(strconv.Itoa(i)))
		<-canceled
	}
	if rest := c.end(t); len(rest) != 500 {
		t.Errorf("%d refusals", len(rest))
	}
}

// openConnection opens a connection of that transport. A send that is not taken within a
// second is an error.
func openConnection(t *testing.T, s *Server, transport string) (send func(string), next func() string, stop func()) {
	if transport == "stdio" {
		c := startStdio(t, s)
		next := func() string {
			var raw json.RawMessage
			if err := c.out.Decode(&raw); err != nil {
				t.Fatal(err)
			}
			return string(raw)
		}
		return func(message string) { c.send(t, message) }, next, func() {
			c.cancel()
			c.rest(t)
		}
	}
	client, shutdown, ended := startHTTP(t, s)
	c := openSSE(t, client)
	send = func(message string) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if resp, body := do(t, client, newPost(ctx, t, c.endpoint, message)); resp.StatusCode != http.StatusAccepted {
			t.Errorf("status %d: %s", resp.StatusCode, body)
		}
	}
	return send, c.next, func() {
		c.close()
		end(t, shutdown, ended)
	}
}

// TestCallsLimit: what is one too many for the server is refused at once, and there is
// room again when a call ends.
func TestCallsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := newServerOf(fakeTool("slow", slow(5*time.Second)))
		if left := s.slots.left.Load(); left != 4096 {
			t.Errorf("%d slots", left)
		}
		s.slots = newLimit(3)
		client, shutdown, ended := startHTTP(t, s)
		stream, stdio := openSSE(t, client), startStdio(t, s)
		bodies := start(client, newPost(t.Context(), t, "/mcp", callOf("1", "slow")))
		do(t, client, newPost(t.Context(), t, stream.endpoint, callOf("1", "slow")))
		stdio.send(t, callOf("1", "slow"))
		synctest.Wait()
		for _, path := range []string{"/mcp", stream.endpoint} {
			resp, body := do(t, client, newPost(t.Context(), t, path, callOf("2", "slow")))
			if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "5" {
				t.Errorf("%s: status %d, header %v: %s", path, resp.StatusCode, resp.Header, body)
			}
			if resp, body := do(t, client, newPost(t.Context(), t, path, cancelOf("7"))); resp.StatusCode != http.StatusAccepted {
				t.Errorf("a notification: %s: status %d: %s", path, resp.StatusCode, body)
			}
		}
		if _, body := do(t, client, newPost(t.Context(), t, "/mcp", "["+callOf("2", "slow")+"]")); !strings.Contains(body, `[{"jsonrpc":"2.0","id":2,"error":{"code":-32005`) {
			t.Errorf("a batch: %s", body)
		}
		stdio.send(t, callOf("2", "slow"))
		if a, _ := stdio.next(t); string(a.ID) != "2" || a.Error == nil || a.Error.Code != codeBusy {
			t.Errorf("stdio: %+v", a)
		}
		time.Sleep(5 * time.Second)
		if body := <-bodies; !strings.Contains(body, "done") {
			t.Errorf("answer %s", body)
		}
		if body := stream.next(); !strings.Contains(body, "done") {
			t.Errorf("answer %s", body)
		}
		stdio.end(t)
		if resp, body := do(t, client, newPost(t.Context(), t, "/mcp", pingMessage)); resp.StatusCode != http.StatusOK {
			t.Errorf("afterwards: status %d: %s", resp.StatusCode, body)
		}
		stream.close()
		end(t, shutdown, ended)
		if left := s.slots.left.Load(); left != 3 || s.bodies.left.Load() != maxBodies {
			t.Errorf("%d slots, %d bytes left", left, s.bodies.left.Load())
		}
		if !strings.Contains(log.String(), `msg=refused reason="too many calls"`) {
			t.Errorf("log:\n%s", log)
		}
	})
}

// TestAnnouncedBodies: a body counts when it arrives, so that nobody is locked out by
// clients that only say that they will send one.
func TestAnnouncedBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServer(t, simulator.New())
		client, shutdown, ended := startHTTP(t, s)
		var open []net.Conn
		for range 2 * maxBodies / maxRequestBody {
			conn, err := client.Transport.(*http.Transport).DialContext(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, conn)
			_, _ = fmt.Fprintf(conn, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", maxRequestBody)
		}
		synctest.Wait()
		if resp, body := do(t, client, newPost(t.Context(), t, "/mcp", pingMessage)); resp.StatusCode != http.StatusOK {
			t.Errorf("status %d: %s", resp.StatusCode, body)
		}
		for _, conn := range open {
			_ = conn.Close()
		}
		synctest.Wait()
		end(t, shutdown, ended)
	})
}

// TestBodiesLimit: bodies that are being read count against the limit of the server, as
// far as they have come.
func TestBodiesLimit(t *testing.T) {
	for name, held := range map[string]string{
		"announced": "Content-Length: 1000001\r\n\r\n" + strings.Repeat(" ", 1_000_000),
		"chunked":   "Transfer-Encoding: chunked\r\n\r\nf4240\r\n" + strings.Repeat(" ", 1_000_000) + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, log := newServer(t, simulator.New())
				if left := s.bodies.left.Load(); left != 64<<20 {
					t.Errorf("%d bytes", left)
				}
				s.bodies = newLimit(1 << 20)
				client, shutdown, ended := startHTTP(t, s)
				stream := openSSE(t, client)
				conn, err := client.Transport.(*http.Transport).DialContext(t.Context(), "", "")
				if err != nil {
					t.Fatal(err)
				}
				go func() {
					_, _ = io.WriteString(conn, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+held)
					_, _ = io.Copy(io.Discard, conn)
				}()
				synctest.Wait()
				big := pingMessage + strings.Repeat(" ", 100_000)
				for _, path := range []string{"/mcp", stream.endpoint} {
					for _, length := range []int64{int64(len(big)), -1} {
						req := newPost(t.Context(), t, path, big)
						req.ContentLength = length
						if resp, body := do(t, client, req); resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "5" {
							t.Errorf("%s: status %d, header %v: %s", path, resp.StatusCode, resp.Header, body)
						}
					}
				}
				if resp, body := do(t, client, newPost(t.Context(), t, "/mcp", pingMessage)); resp.StatusCode != http.StatusOK {
					t.Errorf("a small body: status %d: %s", resp.StatusCode, body)
				}
				time.Sleep(bodyTimeout)
				synctest.Wait()
				_ = conn.Close()
				if resp, body := do(t, client, newPost(t.Context(), t, "/mcp", big)); resp.StatusCode != http.StatusOK {
					t.Errorf("afterwards: status %d: %s", resp.StatusCode, body)
				}
				stream.close()
				end(t, shutdown, ended)
				if left := s.bodies.left.Load(); left != 1<<20 {
					t.Errorf("%d bytes left", left)
				}
				if !strings.Contains(log.String(), `msg=refused reason="too many bytes of messages" remote=`) {
					t.Errorf("log:\n%s", log)
				}
			})
		})
	}
}

// TestLargeArguments: a call whose arguments are as long as a body may be reaches its
// tool, number by number.
func TestLargeArguments(t *testing.T) {
	const number = "12345678901234567890"
	var got atomic.Pointer[string]
	tool := fakeFailingTool("large", func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		raw := string(r.Params.RawArguments)
		got.Store(&raw)
		return mcp.NewToolResultText("fine"), nil
	})
	want := `{"policies":[` + strings.Repeat(number+",", 40_000) + number + `]}`
	for transport, play := range players {
		t.Run(transport, func(t *testing.T) {
			s, _ := newServerOf(tool)
			play(t, s, []string{fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"large","arguments":%s}}`, want)})
			if *got.Load() != want {
				t.Errorf("%d bytes of arguments", len(*got.Load()))
			}
		})
	}
}
