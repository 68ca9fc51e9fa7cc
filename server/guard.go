package server

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/rs/cors"

	"access-policy-mcp/internal/loopback"
)

// loopbackHost refuses requests whose Host is not loopback. Otherwise a web page could
// reach a server that listens on 127.0.0.1 alone, by making its own name resolve to that
// address (MCP specification, "Security Best Practices").
func (s *Server) loopbackHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback.Is(hostname(r.Host)) {
			s.refusals.record(r.Context(), "Host is not loopback", remote(r), slog.String("host", foreign(r.Host)))
			http.Error(w, "the Host header must name a loopback address", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// allowOrigin answers pages of permitted origins with CORS headers, and refuses
// all others (MCP specification, "Transports: Security Warning"). Clients that
// are not browsers send no Origin.
func (s *Server) allowOrigin(next http.Handler) http.Handler {
	permitted := func(origin string) bool {
		u, err := url.Parse(origin)
		return slices.Contains(s.allowedOrigins, origin) || err == nil && (u.Scheme == "http" || u.Scheme == "https") && loopback.Is(u.Hostname())
	}
	withCORS := cors.New(cors.Options{
		AllowOriginFunc: permitted,
		AllowedMethods:  []string{http.MethodGet, http.MethodPost, http.MethodDelete},
		AllowedHeaders: []string{"Authorization", "Content-Type", "Accept", "Last-Event-ID",
			"Mcp-Session-Id", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name"},
		ExposedHeaders: []string{"Mcp-Session-Id", "Mcp-Protocol-Version", "Retry-After", "WWW-Authenticate"},
	}).Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origins := r.Header["Origin"]
		if len(origins) == 0 && r.Method == http.MethodPost {
			next.ServeHTTP(w, r) // not from a page, and its answer is in no cache
			return
		}
		for _, origin := range origins {
			if !permitted(origin) {
				s.refusals.record(r.Context(), "Origin is not allowed", remote(r), slog.String("origin", foreign(origin)))
				http.Error(w, "this Origin is not allowed", http.StatusForbidden)
				return
			}
		}
		withCORS.ServeHTTP(w, r)
	})
}

// isPublic reports whether host, from the address of a listener, is an IP address under
// which other machines can reach it. What is no IP address is not taken for one.
func isPublic(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && !addr.Unmap().IsLoopback()
}

// hostname is the host of a Host header, without a port or brackets.
func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}
