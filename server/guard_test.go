package server

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"access-policy-mcp/cfapi/simulator"
)

func TestGuards(t *testing.T) {
	const secret = "bearer-secret"
	for name, tt := range map[string]struct {
		cfg    HTTPConfig
		host   string
		header map[string]string
		status int
	}{
		"no origin":                {HTTPConfig{}, "localhost:8080", nil, 200},
		"loopback origin":          {HTTPConfig{}, "127.0.0.1:8080", map[string]string{"Origin": "http://localhost:6274"}, 200},
		"IPv6 loopback":            {HTTPConfig{}, "[::1]:8080", map[string]string{"Origin": "http://[::1]:3000"}, 200},
		"foreign origin":           {HTTPConfig{}, "localhost", map[string]string{"Origin": "https://evil.example"}, 403},
		"origin like loopback":     {HTTPConfig{}, "localhost", map[string]string{"Origin": "http://localhost.evil.example"}, 403},
		"null origin":              {HTTPConfig{}, "localhost", map[string]string{"Origin": "null"}, 403},
		"allowed origin":           {HTTPConfig{AllowedOrigins: []string{"https://app.example"}}, "localhost", map[string]string{"Origin": "https://app.example"}, 200},
		"other port of an allowed": {HTTPConfig{AllowedOrigins: []string{"https://app.example"}}, "localhost", map[string]string{"Origin": "https://app.example:444"}, 403},
		"rebound host":             {HTTPConfig{}, "evil.example:8080", nil, 403},
		"host like loopback":       {HTTPConfig{}, "127.0.0.1.evil.example", nil, 403},
		"any host when not local":  {HTTPConfig{Addr: "0.0.0.0:8080", BearerToken: secret}, "mcp.example", map[string]string{"Authorization": "Bearer " + secret}, 200},
		"no token":                 {HTTPConfig{BearerToken: secret}, "localhost", nil, 401},
		"wrong token":              {HTTPConfig{BearerToken: secret}, "localhost", map[string]string{"Authorization": "Bearer " + secret + "x"}, 401},
		"wrong scheme":             {HTTPConfig{BearerToken: secret}, "localhost", map[string]string{"Authorization": "Basic " + secret}, 401},
		"token":                    {HTTPConfig{BearerToken: secret}, "localhost", map[string]string{"Authorization": "bearer " + secret}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, log := newServer(t, simulator.New())
				client, shutdown, ended := startHTTP(t, s, tt.cfg)
				req := newPost(t.Context(), t, "/mcp", pingMessage)
				req.Host = tt.host
				for name, value := range tt.header {
					req.Header.Set(name, value)
				}
				resp, body := do(t, client, req)
				if resp.StatusCode != tt.status {
					t.Errorf("status %d: %s", resp.StatusCode, body)
				}
				if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" && got != tt.header["Origin"] {
					t.Errorf("Access-Control-Allow-Origin: %s", got)
				}
				if (resp.StatusCode == 401) != (resp.Header.Get("WWW-Authenticate") != "") {
					t.Error("WWW-Authenticate belongs to 401")
				}
				end(t, shutdown, ended)
				if strings.Contains(log.String(), secret) {
					t.Error("the token is in the log")
				}
			})
		})
	}
}

// TestGuardsOfEveryPath: health checks need no token; everything else is guarded
// alike.
func TestGuardsOfEveryPath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServer(t, simulator.New())
		client, shutdown, ended := startHTTP(t, s, HTTPConfig{BearerToken: "secret"})
		for path, status := range map[string]int{"/healthz": 200, "/readyz": 200, "/sse": 401, "/message": 401, "/mcp": 401, "/x": 401} {
			for _, foreign := range []bool{false, true} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, baseURL+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				want := status
				if foreign {
					req.Header.Set("Origin", "https://evil.example")
					want = http.StatusForbidden
				}
				if resp, _ := do(t, client, req); resp.StatusCode != want {
					t.Errorf("%s, foreign origin %t: status %d", path, foreign, resp.StatusCode)
				}
			}
		}
		end(t, shutdown, ended)
	})
}

// TestPreflight: a permitted page may send the headers of every MCP revision.
func TestPreflight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServer(t, simulator.New())
		client, shutdown, ended := startHTTP(t, s, HTTPConfig{BearerToken: "secret"})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, baseURL+"/mcp", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "http://localhost:6274")
		req.Header.Set("Access-Control-Request-Method", "POST")
		req.Header.Set("Access-Control-Request-Headers", "authorization,content-type,mcp-method,mcp-name,mcp-protocol-version")
		resp, _ := do(t, client, req)
		if resp.Header.Get("Access-Control-Allow-Origin") != "http://localhost:6274" || !strings.Contains(resp.Header.Get("Access-Control-Allow-Headers"), "mcp-name") {
			t.Errorf("header %v", resp.Header)
		}
		end(t, shutdown, ended)
	})
}

func TestCheck(t *testing.T) {
	for name, tt := range map[string]struct {
		cfg HTTPConfig
		ok  bool
	}{
		"loopback":             {HTTPConfig{Addr: "127.0.0.1:8080"}, true},
		"localhost":            {HTTPConfig{Addr: "localhost:0"}, true},
		"IPv6":                 {HTTPConfig{Addr: "[::1]:8080"}, true},
		"everywhere":           {HTTPConfig{Addr: "0.0.0.0:8080"}, false},
		"no host":              {HTTPConfig{Addr: ":8080"}, false},
		"a name":               {HTTPConfig{Addr: "mcp.example:8080"}, false},
		"guarded":              {HTTPConfig{Addr: ":8080", BearerToken: "x"}, true},
		"no port":              {HTTPConfig{Addr: "127.0.0.1"}, false},
		"an origin":            {HTTPConfig{Addr: "127.0.0.1:1", AllowedOrigins: []string{"https://a.example:8443"}}, true},
		"an origin with path":  {HTTPConfig{Addr: "127.0.0.1:1", AllowedOrigins: []string{"https://a.example/"}}, false},
		"an origin, star":      {HTTPConfig{Addr: "127.0.0.1:1", AllowedOrigins: []string{"*"}}, false},
		"an origin, host only": {HTTPConfig{Addr: "127.0.0.1:1", AllowedOrigins: []string{"a.example"}}, false},
	} {
		if err := tt.cfg.Check(); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
