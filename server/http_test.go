package server

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"access-policy-mcp/cfapi/simulator"
)

// startHTTP serves s in memory and returns a client that reaches it under any
// loopback name, and what ends the server.
func startHTTP(t *testing.T, s *Server, cfg HTTPConfig) (client *http.Client, shutdown func(), ended <-chan error) {
	t.Helper()
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:8080"
	}
	listener := simulator.NewListener()
	transport := &http.Transport{DialContext: listener.DialContext}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- s.Serve(ctx, cfg, listener) }()
	t.Cleanup(func() {
		cancel()
		transport.CloseIdleConnections()
	})
	return &http.Client{Transport: transport}, cancel, result
}

const baseURL = "http://localhost:8080"

func newPost(ctx context.Context, t *testing.T, path, message string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, baseURL+path, strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	return req
}

func do(t *testing.T, client *http.Client, req *http.Request) (*http.Response, string) {
	t.Helper()
	resp, body, err := roundTrip(client, req)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

// start sends a request on its own; the body of the answer, or the error, can be
// received later.
func start(client *http.Client, req *http.Request) <-chan string {
	bodies := make(chan string, 1)
	go func() {
		_, body, err := roundTrip(client, req)
		if err != nil {
			body = err.Error()
		}
		bodies <- body
	}()
	return bodies
}

func roundTrip(client *http.Client, req *http.Request) (*http.Response, string, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

// end shuts a server down and checks that it ended well.
func end(t *testing.T, shutdown func(), ended <-chan error) {
	t.Helper()
	shutdown()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestHTTPMethodsAndBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServer(t, simulator.New())
		client, shutdown, ended := startHTTP(t, s, HTTPConfig{})
		for name, tt := range map[string]struct {
			method, path, body string
			status             int
		}{
			"a call":              {"POST", "/mcp", pingMessage, 200},
			"a notification":      {"POST", "/mcp", `{"jsonrpc":"2.0","method":"notifications/initialized"}`, 202},
			"not JSON":            {"POST", "/mcp", `hello`, 400},
			"no stream to open":   {"GET", "/mcp", "", 405},
			"no session to end":   {"DELETE", "/mcp", "", 405},
			"another method":      {"PUT", "/mcp", "", 405},
			"a body of the limit": {"POST", "/mcp", pingMessage + strings.Repeat(" ", maxRequestBody-len(pingMessage)), 200},
			"too long a body":     {"POST", "/mcp", pingMessage + strings.Repeat(" ", maxRequestBody), 413},
			"no such session":     {"POST", "/message?sessionId=x", pingMessage, 404},
			"no session":          {"POST", "/message", pingMessage, 404},
			"nowhere":             {"GET", "/", "", 404},
			"healthy":             {"GET", "/healthz", "", 200},
			"ready":               {"GET", "/readyz", "", 200},
		} {
			req := newPost(t.Context(), t, tt.path, tt.body)
			req.Method = tt.method
			if resp, body := do(t, client, req); resp.StatusCode != tt.status {
				t.Errorf("%s: status %d: %s", name, resp.StatusCode, body)
			} else if resp.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: CORS headers without an Origin", name)
			}
		}
		end(t, shutdown, ended)
	})
}

// TestHTTPNobodyCancelsAnother: over HTTP only the end of its connection cancels
// a call.
func TestHTTPNobodyCancelsAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServerOf(fakeTool("slow", slow(time.Second)))
		client, shutdown, ended := startHTTP(t, s, HTTPConfig{})
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
		canceled := make(chan struct{})
		s, _ := newServerOf(fakeTool("slow", func(ctx context.Context) *mcp.CallToolResult {
			<-ctx.Done()
			close(canceled)
			return mcp.NewToolResultError("canceled")
		}))
		client, shutdown, ended := startHTTP(t, s, HTTPConfig{})
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
	notifying := fakeTool("notify", nil)
	notifying.Handler = func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for i := range 3 {
			if err := notifyFrom(ctx, i); err != nil {
				return nil, err
			}
		}
		return mcp.NewToolResultText("done"), nil
	}
	for accept, wantEvents := range map[string]bool{
		"application/json, text/event-stream": true, "*/*": true, "": true, "application/json": false,
	} {
		t.Run(accept, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newServerOf(notifying)
				client, shutdown, ended := startHTTP(t, s, HTTPConfig{})
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

// sseReader reads an event stream.
type sseReader struct{ lines *bufio.Scanner }

func newSSEReader(r io.Reader) sseReader { return sseReader{bufio.NewScanner(r)} }

// next returns the data of the next event; "" at the end of the stream.
func (r sseReader) next() string {
	for r.lines.Scan() {
		if data, ok := strings.CutPrefix(r.lines.Text(), "data: "); ok {
			return data
		}
	}
	return ""
}

// sseClient is an open event stream.
type sseClient struct {
	sseReader
	endpoint string
	close    func()
	header   http.Header
}

func openSSE(t *testing.T, client *http.Client) *sseClient {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, baseURL+"/sse", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	c := &sseClient{sseReader: newSSEReader(resp.Body), header: resp.Header, close: func() {
		cancel()
		_ = resp.Body.Close()
	}}
	c.endpoint = c.next()
	return c
}

func TestSSE(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServer(t, simulator.New())
		client, shutdown, ended := startHTTP(t, s, HTTPConfig{})
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
		client, shutdown, ended := startHTTP(t, s, HTTPConfig{})
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
				var left atomic.Int32
				s, _ := newServerOf(fakeTool("slow", func(ctx context.Context) *mcp.CallToolResult {
					<-ctx.Done()
					left.Add(1)
					return mcp.NewToolResultError("canceled")
				}), fakeTool("other", slow(time.Minute)))
				client, shutdown, ended := startHTTP(t, s, HTTPConfig{})
				other, c := openSSE(t, client), openSSE(t, client)
				do(t, client, newPost(t.Context(), t, other.endpoint, callOf("1", "other")))
				do(t, client, newPost(t.Context(), t, c.endpoint, callOf("1", "slow")))
				synctest.Wait()
				leave(t, client, c)
				synctest.Wait()
				if left.Load() != 1 {
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

// TestHTTPShutdown: not ready at once, open for a moment and while calls run,
// over within 10 s.
func TestHTTPShutdown(t *testing.T) {
	for name, tt := range map[string]struct {
		takes, atLeast, atMost time.Duration
		answered               bool
	}{
		"idle":           {0, readinessNotice, readinessNotice + closeGrace, true},
		"with a call":    {3 * time.Second, 3 * time.Second, 3*time.Second + closeGrace, true},
		"with a laggard": {time.Minute, callsGrace, 10 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newServerOf(fakeTool("slow", slow(tt.takes)))
				client, shutdown, ended := startHTTP(t, s, HTTPConfig{})
				stream := openSSE(t, client)
				defer stream.close()
				bodies := start(client, newPost(t.Context(), t, "/mcp", callOf("1", "slow")))
				synctest.Wait()
				began := time.Now()
				shutdown()
				synctest.Wait()
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, baseURL+"/readyz", nil)
				if err != nil {
					t.Fatal(err)
				}
				if resp, _ := do(t, client, req); resp.StatusCode != http.StatusServiceUnavailable {
					t.Errorf("ready: %d", resp.StatusCode)
				}
				if body := <-bodies; strings.Contains(body, "done") != tt.answered {
					t.Errorf("answer %s", body)
				}
				if err := <-ended; err != nil {
					t.Error(err)
				}
				if took := time.Since(began); took < tt.atLeast || took > tt.atMost {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

func TestListenErrors(t *testing.T) {
	s, _ := newServerOf()
	occupied := httptest.NewServer(http.NotFoundHandler())
	defer occupied.Close()
	for _, addr := range []string{"nonsense", "0.0.0.0:0", ":0", occupied.Listener.Addr().String()} {
		if err := s.ListenAndServe(t.Context(), HTTPConfig{Addr: addr}); err == nil {
			t.Errorf("%s: no error", addr)
		}
	}
}

// TestSlowBodies: a body must come in time, whether a handler wants it or not.
func TestSlowBodies(t *testing.T) {
	for address, path := range map[string]string{"localhost/mcp": "/mcp", "localhost/message": "/message", "localhost/nowhere": "/nowhere", "other.example/mcp": "/mcp"} {
		t.Run(address, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newServer(t, simulator.New())
				listener := simulator.NewListener()
				ctx, shutdown := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- s.Serve(ctx, HTTPConfig{Addr: "127.0.0.1:8080"}, listener) }()
				conn, err := listener.DialContext(t.Context(), "", "")
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: "+strings.TrimSuffix(address, path)+"\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				_ = conn.SetReadDeadline(began.Add(time.Hour))
				_, _ = io.Copy(io.Discard, conn)
				if took := time.Since(began); took > bodyTimeout+time.Second {
					t.Errorf("closed after %v", took)
				}
				_ = conn.Close()
				end(t, shutdown, ended)
			})
		})
	}
}
