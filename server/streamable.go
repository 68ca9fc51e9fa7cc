package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// maxRequestBody is the longest body of an HTTP request, in bytes.
const maxRequestBody = 1 << 20

// bodyTimeout is how long a client may take to send a body.
const bodyTimeout = 30 * time.Second

// streamable serves the Streamable HTTP transport in both protocol eras. It is
// stateless: any instance can answer any request.
type streamable struct {
	handler *server.StreamableHTTPServer
}

func newStreamable(s *Server) *streamable {
	return &streamable{server.NewStreamableHTTPServer(s.mcp,
		server.WithStateLess(true),
		server.WithStreamableHTTPLogger(s.log),
		server.WithHTTPContextFunc(func(ctx context.Context, _ *http.Request) context.Context {
			response, ok := ctx.Value(responseKey{}).(*response)
			if !ok {
				return ctx
			}
			// mcp-go gives all stateless requests the same empty session ID and
			// finds the call that a client cancels by session and request ID, so
			// that anybody could cancel anybody's. A session for each request
			// leaves nothing to be found; over HTTP it is the end of the
			// connection that cancels.
			response.session = newSession(rand.Text(), response.notify)
			response.session.Initialize()
			return s.mcp.WithContext(ctx, response.session)
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
	response := &response{w: w, canStream: acceptsStream(r)}
	t.handler.Handle(response, &server.HTTPRequest{
		Method:  r.Method,
		URL:     r.URL,
		Header:  r.Header,
		Body:    body,
		Context: context.WithValue(r.Context(), responseKey{}, response),
	})
}

// isCancellation recognizes notifications/cancelled, which means nothing here:
// over HTTP the end of the connection cancels. mcp-go answers some with 400, for
// want of metadata that only requests must have, and clients that get a 400 for
// it give up the connection.
func isCancellation(body []byte) bool {
	if !bytes.Contains(body, []byte(mcp.MethodNotificationCancelled)) {
		return false
	}
	var e envelope
	return json.Unmarshal(body, &e) == nil && e.ID == nil && e.Method == string(mcp.MethodNotificationCancelled)
}

// limitBody bounds the time in which a body must have come. The deadline also ends
// what net/http reads of a body that no handler wanted.
func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // not every writer has deadlines
		}
		next.ServeHTTP(w, r)
	})
}

// readBody reads a bounded body, or refuses it. Once there is all of it the client
// may take its time again.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
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

// acceptsStream reports whether the client can read an event stream.
func acceptsStream(r *http.Request) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	return accept == "" || strings.Contains(accept, "text/event-stream") || strings.Contains(accept, "*/*")
}

// responseKey is the context key under which a response finds its session.
type responseKey struct{}

// response is the HTTP response of one message. The first notification turns it
// into an event stream; mcp-go's answer, whenever it comes, then follows as the
// last event. It implements [server.HTTPResponseWriter].
type response struct {
	w         http.ResponseWriter
	canStream bool
	session   *session // once mcp-go has accepted the message

	mu        sync.Mutex
	streaming bool
}

// notify sends a notification as an event, if the client reads events.
func (r *response) notify(notification mcp.JSONRPCNotification) error {
	if !r.canStream {
		return nil
	}
	data, err := json.Marshal(notification)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.streaming {
		r.streaming = true
		r.w.Header().Set("Content-Type", "text/event-stream")
		r.w.Header().Set("Cache-Control", "no-cache")
		unbuffered(r.w.Header())
		r.w.WriteHeader(http.StatusOK)
	}
	return writeEvent(r.w, "message", data)
}

// Header implements [server.HTTPResponseWriter].
func (r *response) Header() http.Header { return r.w.Header() }

// WriteHeader implements [server.HTTPResponseWriter].
func (r *response) WriteHeader(status int) {
	if r.session != nil && status == http.StatusOK {
		r.session.flush() // ahead of the answer
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.streaming {
		return
	}
	if r.w.Header().Get("Content-Type") == "text/event-stream" {
		unbuffered(r.w.Header())
	}
	r.w.WriteHeader(status)
}

// Write implements [server.HTTPResponseWriter]. mcp-go writes its answer, a JSON
// document, in one piece.
func (r *response) Write(data []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.streaming {
		return r.w.Write(data)
	}
	return len(data), writeEvent(r.w, "message", bytes.TrimSpace(data))
}

// Flush implements [server.HTTPResponseWriter].
func (r *response) Flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = http.NewResponseController(r.w).Flush()
}

// CanStream implements [server.HTTPResponseWriter].
func (r *response) CanStream() bool { return r.canStream }

// unbuffered asks reverse proxies to pass an event stream on as it comes.
func unbuffered(header http.Header) { header.Set("X-Accel-Buffering", "no") }

// writeTimeout is how long a client may leave an event unread.
const writeTimeout = 10 * time.Second

// writeEvent sends one server-sent event.
func writeEvent(w http.ResponseWriter, event string, data []byte) error {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(writeTimeout)) // not every writer has deadlines
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, data); err != nil {
		return err
	}
	return control.Flush()
}
