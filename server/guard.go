package server

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rs/cors"

	"access-policy-mcp/internal/loopback"
)

// maxRequestBody is the longest body of an HTTP request, in bytes.
const maxRequestBody = 1 << 20

// bodyTimeout is how long a client may take to send a body.
const bodyTimeout = 30 * time.Second

// loopbackHost refuses requests whose Host is not loopback. Otherwise a web page could
// reach a server that listens on 127.0.0.1 alone, by making its own name resolve to that
// address (MCP specification, "Security Best Practices").
func loopbackHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback.Is(hostname(r.Host)) {
			http.Error(w, "the Host header must name a loopback address", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// allowOrigin answers pages of permitted origins with CORS headers, and refuses
// all others (MCP specification, "Transports: Security Warning"). Clients that
// are not browsers send no Origin.
func allowOrigin(allowed []string, next http.Handler) http.Handler {
	permitted := func(origin string) bool {
		u, err := url.Parse(origin)
		return slices.Contains(allowed, origin) || err == nil && u.Host != "" && loopback.Is(u.Hostname())
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
				http.Error(w, "this Origin is not allowed", http.StatusForbidden)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// limitBody bounds the time in which a body must arrive. The deadline also holds while
// net/http discards a body that no handler has read.
func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // not every writer has deadlines
		}
		next.ServeHTTP(w, r)
	})
}

// readBody reads a body of bounded length and lifts the deadline of limitBody, or
// refuses the request; ok is false then.
func readBody(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	switch _, tooLarge := errors.AsType[*http.MaxBytesError](err); {
	case err == nil:
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		return body, true
	case tooLarge:
		http.Error(w, "the body must not be longer than 1 MiB", http.StatusRequestEntityTooLarge)
	default:
		http.Error(w, "the body could not be read", http.StatusBadRequest)
	}
	return nil, false
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
