package server

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// maxStreams bounds the open event streams.
const maxStreams = 10_000

// sse serves the HTTP+SSE transport of protocol revision 2024-11-05. A client opens an
// event stream, whose first event tells it where to post its messages, and reads the
// answers from the stream. The end of the stream ends its calls.
type sse struct {
	server *Server

	mu      sync.Mutex
	streams map[string]*stream
}

// stream is one client of this transport.
type stream struct {
	connection *connection
	ctx        context.Context // ends with the stream
	end        context.CancelFunc

	mu     sync.Mutex
	w      http.ResponseWriter
	closed bool
}

func newSSE(s *Server) *sse { return &sse{server: s, streams: map[string]*stream{}} }

// open serves GET /sse, and HEAD, which opens no stream.
func (t *sse) open(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		beginStream(w)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	// A client that is offered the stateless protocol of 2026-07-28 here would not
	// open the stream, and so would not see the answers.
	ctx = server.WithSupportedProtocolVersions(ctx, mcp.LegacyProtocolVersions())

	id := rand.Text() // a secret: it admits messages to the stream
	s := &stream{ctx: ctx, end: cancel, w: w}
	s.connection = newConnection(t.server, id, func(message []byte) error { return s.event("message", message) })
	if !t.add(id, s) {
		t.server.refusals.record(r.Context(), "too many streams", remote(r))
		unavailable(w, "too many open streams")
		return
	}
	defer s.close()
	defer t.remove(id)

	beginStream(w)
	if s.event("endpoint", []byte("/message?sessionId="+id)) != nil {
		return
	}
	ticker := time.NewTicker(keepAliveInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = s.whileOpen(func() error { return writeComment(s.w, "keep-alive") }) // an error ends the stream
		}
	}
}

const noStreamText = "no such session: open a stream at /sse first"

// message serves POST /message.
func (t *sse) message(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	s := t.streams[r.URL.Query().Get("sessionId")]
	t.mu.Unlock()
	if s == nil {
		http.Error(w, noStreamText, http.StatusNotFound)
		return
	}
	body, release, ok := t.server.readBody(w, r)
	if !ok {
		return
	}
	defer release()
	if s.ctx.Err() != nil { // since the body has begun
		http.Error(w, noStreamText, http.StatusNotFound)
		return
	}
	// What this client alone has too much of is refused on its stream: some clients give
	// up the connection when a POST fails.
	if overload := s.connection.receive(s.ctx, body); overload != nil {
		unavailable(w, overload.text)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// shutdown ends all streams, each once its calls have been answered or ctx has
// ended.
func (t *sse) shutdown(ctx context.Context) {
	t.mu.Lock()
	streams := slices.Collect(maps.Values(t.streams))
	t.mu.Unlock()
	for _, s := range streams {
		select {
		case <-s.connection.idle():
		case <-ctx.Done():
		}
		s.end()
	}
}

func (t *sse) add(id string, s *stream) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.streams) >= maxStreams {
		return false
	}
	t.streams[id] = s
	return true
}

func (t *sse) remove(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.streams, id)
}

var errClosed = errors.New("the event stream is closed")

// event writes one event, unless the stream has ended.
func (s *stream) event(name string, data []byte) error {
	return s.whileOpen(func() error { return writeEvent(s.w, name, data) })
}

// whileOpen calls write unless the stream has ended. An error of write ends it.
func (s *stream) whileOpen(write func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	err := write()
	if err != nil {
		s.closed = true
		s.end()
	}
	return err
}

// close makes sure that nothing is written once the handler has returned.
func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}
