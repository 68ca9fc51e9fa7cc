package cfapi

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// TestProxy: the API is reached through a proxy as net/http reaches it, over HTTP/1.1 and
// HTTP/2, with the credentials inside the tunnel.
func TestProxy(t *testing.T) {
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(name, func(t *testing.T) {
			api := newReuseServer(t, http2)
			var tunnels atomic.Int32
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				tunnels.Add(1)
				if r.Method != http.MethodConnect || r.Header.Get("Authorization") != "" {
					t.Errorf("the proxy sees %s %s", r.Method, r.Header)
				}
				tunnel(w, r.Host)
			}))
			t.Cleanup(proxy.Close)
			address, err := url.Parse(proxy.URL)
			if err != nil {
				t.Fatal(err)
			}
			client := api.client(t)
			client.transport.(*Transport).dialer.Proxy = http.ProxyURL(address)
			for range 3 {
				if _, err := client.GetPolicyTest(t.Context(), "a", "t"); err != nil {
					t.Error(err)
				}
			}
			if _, spoken := api.protocols.Load(name); !spoken || tunnels.Load() != 1 {
				t.Errorf("%d tunnels, %s: %t", tunnels.Load(), name, spoken)
			}
		})
	}
}

// tunnel answers CONNECT.
func tunnel(w http.ResponseWriter, host string) {
	far, err := (&net.Dialer{}).Dial("tcp", host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	near, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		_, _ = io.Copy(far, near)
		_ = far.Close()
	}()
	_, _ = io.Copy(near, far)
	_ = near.Close()
}

// TestProxyRefuses: the error is about the proxy, which is named without its password.
func TestProxyRefuses(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword("me", "proxy-password")
	client, err := New(Config{BaseURL: "https://api.example"})
	if err != nil {
		t.Fatal(err)
	}
	client.transport.(*Transport).dialer.Proxy = http.ProxyURL(address)
	_, err = client.Reach(t.Context())
	operation, _ := errors.AsType[*net.OpError](err)
	if operation == nil || operation.Op != "proxyconnect" || !strings.Contains(err.Error(), "the proxy answered 403 Forbidden") {
		t.Errorf("the error is %v", err)
	}
	if got := client.Proxy(); got != proxy.URL {
		t.Errorf("the proxy is %s, want %s", got, proxy.URL)
	}
}
