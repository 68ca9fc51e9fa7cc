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
)

// How the end of an HTTP server goes.
const (
	// readinessNotice is how long the listener stays open at least once /readyz
	// has turned, so that a load balancer can notice before connections fail.
	readinessNotice = 750 * time.Millisecond
	// callsGrace is how long running calls may take to answer.
	callsGrace = 7 * time.Second
	// closeGrace is how long connections may take to close.
	closeGrace = time.Second
)

// ListenAndServe serves MCP over HTTP until ctx has ended, and then ends
// gracefully. The error is nil when it has.
func (s *Server) ListenAndServe(ctx context.Context, cfg HTTPConfig) error {
	if err := cfg.Check(); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return err
	}
	return s.Serve(ctx, cfg, listener)
}

// Serve is [Server.ListenAndServe] on an open listener, which it closes.
func (s *Server) Serve(ctx context.Context, cfg HTTPConfig, listener net.Listener) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var ready atomic.Bool
	ready.Store(true)
	legacy := newSSE(s)
	httpServer := &http.Server{
		Handler:     s.handler(cfg, legacy, &ready),
		BaseContext: func(net.Listener) context.Context { return base },
		// Bodies and event streams have their own deadlines: one for the whole
		// response would cut waits short.
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.log.Info("listening", "mcp", "http://"+listener.Addr().String()+"/mcp", "sse", "http://"+listener.Addr().String()+"/sse")

	failed := make(chan error, 1)
	go func() { failed <- httpServer.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	s.log.Info("shutting down")
	ready.Store(false)
	s.drain()
	grace, cancelGrace := context.WithTimeout(base, callsGrace)
	defer cancelGrace()
	time.Sleep(readinessNotice)
	select {
	case <-s.calls.done():
	case <-grace.Done():
	}
	legacy.shutdown(grace)
	closing, cancelClosing := context.WithTimeout(base, closeGrace)
	defer cancelClosing()
	if err := httpServer.Shutdown(closing); err != nil {
		cancel() // what still runs has had its time
		_ = httpServer.Close()
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// handler routes requests behind the guards.
func (s *Server) handler(cfg HTTPConfig, legacy *sse, ready *atomic.Bool) http.Handler {
	mcp := http.NewServeMux()
	// GET and DELETE, the stream and the end of a session, are answered with 405:
	// there are no sessions and nothing is sent unasked.
	mcp.Handle("POST /mcp", newStreamable(s))
	mcp.HandleFunc("GET /sse", legacy.open)
	mcp.HandleFunc("POST /message", legacy.message)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !ready.Load() {
			http.Error(w, "shutting down", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ready\n")
	})
	mux.Handle("/", cfg.authenticate(mcp))

	handler := cfg.allowOrigin(mux)
	if host, _, err := net.SplitHostPort(cfg.Addr); err == nil && isLoopback(host) {
		handler = loopbackHost(handler)
	}
	return limitBody(handler) // around the guards too: what they refuse may have a body
}
