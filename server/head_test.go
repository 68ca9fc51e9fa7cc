package server

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi/simulator"
)

// TestHEAD is answered at once and without a body wherever GET is.
func TestHEAD(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServer(t, simulator.New())
		client, shutdown, ended := startHTTP(t, s)
		for path, status := range map[string]int{"/sse": 200, "/healthz": 200, "/readyz": 200, "/mcp": 405, "/message": 405, "/": 404} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, baseURL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			resp, body := do(t, client, req)
			if resp.StatusCode != status || body != "" || time.Since(began) != 0 {
				t.Errorf("%s: status %d after %v: %s", path, resp.StatusCode, time.Since(began), body)
			}
			if path == "/sse" && resp.Header.Get("Content-Type") != "text/event-stream" {
				t.Errorf("header %v", resp.Header)
			}
		}
		end(t, shutdown, ended)
	})
}

// TestHealthChecksByAnyName: who checks health may call the server by any name, and needs
// no token.
func TestHealthChecksByAnyName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServer(t, simulator.New(), withBearer("secret"))
		client, shutdown, ended := startHTTP(t, s)
		for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/healthz/x": 403, "/sse": 403, "/mcp": 403, "/": 403} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, baseURL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = "10.1.2.3:8080"
			req.Header.Set("Authorization", "Bearer secret")
			if resp, body := do(t, client, req); resp.StatusCode != want {
				t.Errorf("%s: status %d: %s", path, resp.StatusCode, body)
			}
		}
		end(t, shutdown, ended)
	})
}
