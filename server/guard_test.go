package server

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/server/auth"
)

// withBearer makes the secret authenticate a caller.
func withBearer(secret string) func(*Config) {
	return func(cfg *Config) { cfg.Authenticate = auth.Bearer(secret, fixedCaller) }
}

func TestGuards(t *testing.T) {
	const secret = "bearer-secret"
	appOrigin := func(cfg *Config) { cfg.AllowedOrigins = []string{"https://app.example"} }
	anybody := func(*Config) {}
	for name, tt := range map[string]struct {
		configure func(*Config)
		host      string
		header    map[string]string
		status    int
	}{
		"no origin":                {anybody, "localhost:8080", nil, 200},
		"loopback origin":          {anybody, "127.0.0.1:8080", map[string]string{"Origin": "http://localhost:6274"}, 200},
		"IPv6 loopback":            {anybody, "[::1]:8080", map[string]string{"Origin": "http://[::1]:3000"}, 200},
		"foreign origin":           {anybody, "localhost", map[string]string{"Origin": "https://evil.example"}, 403},
		"origin like loopback":     {anybody, "localhost", map[string]string{"Origin": "http://localhost.evil.example"}, 403},
		"null origin":              {anybody, "localhost", map[string]string{"Origin": "null"}, 403},
		"allowed origin":           {appOrigin, "localhost", map[string]string{"Origin": "https://app.example"}, 200},
		"other port of an allowed": {appOrigin, "localhost", map[string]string{"Origin": "https://app.example:444"}, 403},
		"foreign host":             {anybody, "evil.example:8080", nil, 403},
		"host like loopback":       {anybody, "127.0.0.1.evil.example", nil, 403},
		"no token":                 {withBearer(secret), "localhost", nil, 401},
		"wrong token":              {withBearer(secret), "localhost", map[string]string{"Authorization": "Bearer " + secret + "x"}, 401},
		"token":                    {withBearer(secret), "localhost", map[string]string{"Authorization": "Bearer " + secret}, 200},
		"token, foreign host":      {withBearer(secret), "evil.example", map[string]string{"Authorization": "Bearer " + secret}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, log := newServer(t, simulator.New(), tt.configure)
				client, shutdown, ended := startHTTP(t, s)
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
		s, _ := newServer(t, simulator.New(), withBearer("secret"))
		client, shutdown, ended := startHTTP(t, s)
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
		s, _ := newServer(t, simulator.New(), withBearer("secret"))
		client, shutdown, ended := startHTTP(t, s)
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

// TestListenerAddress: the address that a server listens on decides whether it needs an
// authenticator and which names in Host it takes. An address that is not understood gets
// both guards.
func TestListenerAddress(t *testing.T) {
	for name, tt := range map[string]struct {
		addr               net.Addr
		needsAuthenticator bool
		anyHost            bool
	}{
		"IPv4 loopback":    {&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, false, false},
		"127.1.2.3":        {&net.TCPAddr{IP: net.IPv4(127, 1, 2, 3), Port: 80}, false, false},
		"IPv6 loopback":    {&net.TCPAddr{IP: net.IPv6loopback, Port: 80}, false, false},
		"IPv4 unspecified": {&net.TCPAddr{IP: net.IPv4zero, Port: 80}, true, true},
		"IPv6 unspecified": {&net.TCPAddr{IP: net.IPv6unspecified, Port: 80}, true, true},
		"another machine":  {&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}, true, true},
		"with a zone":      {&net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth0", Port: 80}, true, true},
		"without an IP":    {&net.TCPAddr{Port: 80}, true, false},
		"a path":           {&net.UnixAddr{Name: "/run/localhost", Net: "unix"}, true, false},
		"no name":          {&net.UnixAddr{Net: "unix"}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newServerOf()
				_, shutdown, ended := startHTTPOn(t, s, tt.addr)
				synctest.Wait()
				shutdown()
				if err := <-ended; (err != nil) != tt.needsAuthenticator {
					t.Errorf("without an authenticator: error %v", err)
				}
				s, _ = newServer(t, simulator.New(), withBearer("secret"))
				client, shutdown, ended := startHTTPOn(t, s, tt.addr)
				for host, want := range map[string]bool{"mcp.example": tt.anyHost, "localhost": true} {
					req := newPost(t.Context(), t, "/mcp", pingMessage)
					req.Host = host
					req.Header.Set("Authorization", "Bearer secret")
					if resp, body := do(t, client, req); (resp.StatusCode == http.StatusOK) != want {
						t.Errorf("Host %s: status %d: %s", host, resp.StatusCode, body)
					}
				}
				end(t, shutdown, ended)
			})
		})
	}
}
