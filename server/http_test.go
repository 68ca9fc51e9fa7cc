package server

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi/simulator"
)

func TestHTTPMethodsAndBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServer(t, simulator.New())
		client, shutdown, ended := startHTTP(t, s)
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
				client, shutdown, ended := startHTTP(t, s)
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

// TestSlowBodies: a body must come in time, whether a handler wants it or not.
func TestSlowBodies(t *testing.T) {
	for address, path := range map[string]string{"localhost/mcp": "/mcp", "localhost/message": "/message", "localhost/nowhere": "/nowhere", "other.example/mcp": "/mcp"} {
		t.Run(address, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newServer(t, simulator.New())
				client, shutdown, ended := startHTTP(t, s)
				conn, err := client.Transport.(*http.Transport).DialContext(t.Context(), "", "")
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
