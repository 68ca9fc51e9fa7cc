package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// streamable serves the Streamable HTTP transport in both protocol eras. It is
// stateless: any instance can answer any request.
type streamable struct {
	server  *Server
	handler *server.StreamableHTTPServer
}

func newStreamable(s *Server) *streamable {
	return &streamable{s, server.NewStreamableHTTPServer(s.mcp,
		server.WithStateLess(true),
		server.WithStreamableHTTPLogger(s.log),
		server.WithHTTPContextFunc(func(ctx context.Context, _ *http.Request) context.Context {
			writer, ok := ctx.Value(responseWriterKey{}).(*responseWriter)
			if !ok {
				return ctx
			}
			// mcp-go finds the call that a client cancels by session ID and request
			// ID. All stateless requests have the same empty session ID, so that any
			// client could cancel the call of another. A session for each request
			// prevents that: over HTTP the end of the connection cancels.
			writer.session = newSession(rand.Text(), writer.notify)
			writer.session.Initialize()
			return s.mcp.WithContext(ctx, writer.session)
		}),
	)}
}

// ServeHTTP answers one message.
func (t *streamable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, ok := readBody(w, r)
	if !ok {
		return
	}
	if isCancellation(body) {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	writer := &responseWriter{inner: w, canStream: acceptsStream(r)}
	defer t.server.recovered(r.Context(), slog.String("path", r.URL.Path), func() { writer.fail(body) })
	t.handler.Handle(writer, &server.HTTPRequest{
		Method:  r.Method,
		URL:     r.URL,
		Header:  r.Header,
		Body:    body,
		Context: context.WithValue(r.Context(), responseWriterKey{}, writer),
	})
}

// isCancellation recognizes notifications/cancelled, which has no effect over HTTP. It is
// kept from mcp-go, which answers it with 400 when it lacks metadata that only requests
// must have; some clients give up the connection then.
func isCancellation(body []byte) bool {
	if !bytes.Contains(body, []byte(mcp.MethodNotificationCancelled)) {
		return false
	}
	var e envelope
	return json.Unmarshal(body, &e) == nil && e.ID == nil && e.Method == string(mcp.MethodNotificationCancelled)
}

// acceptsStream reports whether the client can read an event stream.
func acceptsStream(r *http.Request) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	return accept == "" || strings.Contains(accept, "text/event-stream") || strings.Contains(accept, "*/*")
}

// responseWriterKey is the context key of the [responseWriter] of a message.
type responseWriterKey struct{}

// responseWriter writes the HTTP response of one message. The first notification turns
// the response into an event stream, whose last event is mcp-go's answer. It implements
// [server.HTTPResponseWriter].
type responseWriter struct {
	inner     http.ResponseWriter
	canStream bool
	session   *session // nil until mcp-go has accepted the message

	mu        sync.Mutex
	streaming bool
}

// notify sends a notification as an event, if the client reads events.
func (w *responseWriter) notify(notification mcp.JSONRPCNotification) error {
	if !w.canStream {
		return nil
	}
	data, err := json.Marshal(notification)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.streaming {
		w.streaming = true
		w.inner.Header().Set("Content-Type", "text/event-stream")
		w.inner.Header().Set("Cache-Control", "no-cache")
		unbuffered(w.inner.Header())
		w.inner.WriteHeader(http.StatusOK)
	}
	return writeEvent(w.inner, "message", data)
}

// Header implements [server.HTTPResponseWriter].
func (w *responseWriter) Header() http.Header { return w.inner.Header() }

// WriteHeader implements [server.HTTPResponseWriter].
func (w *responseWriter) WriteHeader(status int) {
	if w.session != nil && status == http.StatusOK {
		w.session.flush() // ahead of the answer
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.streaming {
		return
	}
	if w.inner.Header().Get("Content-Type") == "text/event-stream" {
		unbuffered(w.inner.Header())
	}
	w.inner.WriteHeader(status)
}

// Write implements [server.HTTPResponseWriter]. mcp-go writes its answer, a JSON
// document, in one piece.
func (w *responseWriter) Write(data []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.streaming {
		return w.inner.Write(data)
	}
	return len(data), writeEvent(w.inner, "message", bytes.TrimSpace(data))
}

// Flush implements [server.HTTPResponseWriter].
func (w *responseWriter) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = http.NewResponseController(w.inner).Flush()
}

// CanStream implements [server.HTTPResponseWriter].
func (w *responseWriter) CanStream() bool { return w.canStream }

// fail answers a message whose handling has panicked.
func (w *responseWriter) fail(message []byte) {
	var e envelope
	if json.Unmarshal(message, &e) != nil || e.ID == nil {
		http.Error(w.inner, internalText, http.StatusInternalServerError)
		return
	}
	data, err := json.Marshal(errorMessage(e.ID, mcp.INTERNAL_ERROR, internalText))
	if err != nil {
		return // not reached: the ID has been read as JSON
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(data) // with status 200: many clients do not read the body of any other
}
