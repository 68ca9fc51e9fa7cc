package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/rs/cors"
)

// HTTPConfig says who may talk to the server over HTTP.
type HTTPConfig struct {
	// Addr is the address to listen on, host:port.
	Addr string
	// BearerToken, unless empty, must come with every MCP request. It is required
	// for an Addr that is not loopback.
	BearerToken string
	// AllowedOrigins are the origins, such as https://example.com, whose pages may
	// use the server besides pages from loopback.
	AllowedOrigins []string
}

// Check says what is wrong with the configuration, and what to set.
func (c HTTPConfig) Check() error {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return fmt.Errorf("--addr must be host:port, such as 127.0.0.1:8080: %w", err)
	}
	if !isLoopback(host) && c.BearerToken == "" {
		return errors.New("--addr " + c.Addr + " is reachable from other machines: set ACCESS_POLICY_MCP_BEARER_TOKEN (or ACCESS_POLICY_MCP_BEARER_TOKEN_FILE)" +
			" to a secret that clients must present, or listen on a loopback address")
	}
	for _, origin := range c.AllowedOrigins {
		if u, err := url.Parse(origin); err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != origin {
			return fmt.Errorf("--allowed-origins: %q is not an origin such as https://example.com", origin)
		}
	}
	return nil
}

// loopbackHost refuses requests whose Host is not loopback: a page whose name
// has been rebound to 127.0.0.1 would otherwise reach a server that listens
// there only (MCP specification, "Security Best Practices").
func loopbackHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(hostname(r.Host)) {
			http.Error(w, "the Host header must name a loopback address", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// allowOrigin answers pages of permitted origins with CORS headers, and refuses
// all others (MCP specification, "Transports: Security Warning"). Clients that
// are not browsers send no Origin.
func (c HTTPConfig) allowOrigin(next http.Handler) http.Handler {
	permitted := func(origin string) bool {
		u, err := url.Parse(origin)
		return slices.Contains(c.AllowedOrigins, origin) || err == nil && u.Host != "" && isLoopback(u.Hostname())
	}
	next = cors.New(cors.Options{
		AllowOriginFunc: permitted,
		AllowedMethods:  []string{http.MethodGet, http.MethodPost, http.MethodDelete},
		AllowedHeaders: []string{"Authorization", "Content-Type", "Accept", "Last-Event-ID",
			"Mcp-Session-Id", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name"},
		ExposedHeaders: []string{"Mcp-Session-Id", "Mcp-Protocol-Version", "WWW-Authenticate"},
	}).Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, origin := range r.Header.Values("Origin") {
			if !permitted(origin) {
				http.Error(w, "this Origin is not allowed; see --allowed-origins", http.StatusForbidden)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// authenticate asks for the bearer token, if there is one. What it compares are
// digests, so that the time tells nothing, not even a length; what it lets pass
// no longer has the header.
func (c HTTPConfig) authenticate(next http.Handler) http.Handler {
	if c.BearerToken == "" {
		return next
	}
	want := sha256.Sum256([]byte(c.BearerToken))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(strings.TrimSpace(token)))
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], want[:]) == 0 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+Name+`"`)
			http.Error(w, "a valid bearer token is required", http.StatusUnauthorized)
			return
		}
		r.Header.Del("Authorization")
		next.ServeHTTP(w, r)
	})
}

// hostname is the host of a Host header, without a port or brackets.
func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
