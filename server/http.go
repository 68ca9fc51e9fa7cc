package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"access-policy-mcp/internal/loopback"
	"access-policy-mcp/server/auth"
)

// What an HTTP server that is told to end takes at most, in this order: readinessNotice
// or callsGrace, whichever is longer, and closeGrace.
const (
	// readinessNotice is how long the listener stays open at least once /readyz
	// answers 503, so that a load balancer can notice before connections fail.
	readinessNotice = 750 * time.Millisecond
	// callsGrace is how long running calls may take to answer.
	callsGrace = 7 * time.Second
	// closeGrace is how long connections may take to close.
	closeGrace = time.Second
)

// Serve serves MCP over HTTP on listener, which it closes, until ctx ends; it returns
// within 10 s then. The error is nil if that went well. Without an authenticator every
// request is made by the [tools.Caller] of ctx, and the address of listener must be
// loopback.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	host := hostname(listener.Addr().String())
	if s.authenticate == nil && !loopback.Is(host) {
		_ = listener.Close()
		return errors.New("an address that other machines can reach needs an authenticator")
	}
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var ready atomic.Bool
	ready.Store(true)
	legacy := newSSE(s)
	httpServer := &http.Server{
		Handler:     s.handler(isPublic(host), legacy, &ready),
		BaseContext: func(net.Listener) context.Context { return base },
		// No WriteTimeout: it would cut waits short. Bodies and event streams have
		// deadlines of their own.
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.log.Info("listening", "mcp", "http://"+listener.Addr().String()+"/mcp", "sse", "http://"+listener.Addr().String()+"/sse")

	served := make(chan error, 1)
	go func() { served <- httpServer.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	s.log.Info("shutting down")
	ready.Store(false)
	s.drain()
	s.finishCalls(base, legacy)
	closing, cancelClosing := context.WithTimeout(base, closeGrace)
	defer cancelClosing()
	if err := httpServer.Shutdown(closing); err != nil {
		cancel() // ends the calls that are still running
		_ = httpServer.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// finishCalls waits until running calls have been answered, for a limited time, and
// ends the event streams.
func (s *Server) finishCalls(ctx context.Context, legacy *sse) {
	grace, cancel := context.WithTimeout(ctx, callsGrace)
	defer cancel()
	time.Sleep(readinessNotice)
	select {
	case <-s.calls.idle():
	case <-grace.Done():
	}
	legacy.shutdown(grace)
}

// handler routes requests behind the guards. public says that other machines can reach
// the listener by its address, so that Host may be any name of this one.
func (s *Server) handler(public bool, legacy *sse, ready *atomic.Bool) http.Handler {
	mcp := http.NewServeMux()
	// GET, which opens a stream, and DELETE, which ends a session, get 405: there are
	// no sessions, and nothing is sent that was not asked for.
	mcp.Handle("POST /mcp", newStreamable(s))
	mcp.HandleFunc("GET /sse", legacy.open)
	mcp.HandleFunc("POST /message", legacy.message)
	var guarded http.Handler = mcp
	if s.authenticate != nil {
		guarded = auth.Require(Name, s.authenticate, guarded, func(r *http.Request) {
			s.refusals.record(r.Context(), "not authenticated", remote(r))
		})
	}
	guarded = s.allowOrigin(guarded)
	if !public {
		guarded = s.loopbackHost(guarded)
	}

	// What checks health has no token, and calls the server by any name.
	health := http.NewServeMux()
	health.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	health.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !ready.Load() {
			http.Error(w, "shutting down", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ready\n")
	})
	mux := http.NewServeMux()
	mux.Handle("/", guarded)
	mux.Handle("/healthz", s.allowOrigin(health))
	mux.Handle("/readyz", s.allowOrigin(health))
	return limitResponse(s.recoverHTTP(limitBody(mux))) // around the guards too: a request that they refuse may have a body
}
