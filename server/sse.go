package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
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

// keepAlive is how often an idle stream shows proxies that it is in use.
const keepAlive = 15 * time.Second

// sse serves the HTTP+SSE transport of protocol revision 2024-11-05: a client
// opens an event stream, is told there where to post its messages, and reads the
// answers from the stream. When the stream ends, so do the calls that belong to
// it.
type sse struct {
	server *Server

	mu      sync.Mutex
	streams map[string]*stream
}

// stream is one client of this transport.
type stream struct {
	peer *peer
	ctx  context.Context // ends with the stream
	end  context.CancelFunc

	mu     sync.Mutex
	w      http.ResponseWriter
	closed bool
}

func newSSE(s *Server) *sse { return &sse{server: s, streams: map[string]*stream{}} }

// open serves GET /sse.
func (t *sse) open(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	// A client that finds the stateless protocol of 2026-07-28 here would leave
	// the stream unopened, and its answers with it.
	ctx = server.WithSupportedProtocolVersions(ctx, mcp.LegacyProtocolVersions())

	id := rand.Text() // whoever knows it can post to the stream
	s := &stream{ctx: ctx, end: cancel, w: w}
	s.peer = newPeer(t.server, id, func(message []byte) error { return s.event("message", message) })
	if !t.add(id, s) {
		http.Error(w, "too many open streams", http.StatusServiceUnavailable)
		return
	}
	defer s.close()
	defer t.remove(id)

	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	unbuffered(w.Header())
	w.WriteHeader(http.StatusOK)
	if s.event("endpoint", []byte("/message?sessionId="+id)) != nil {
		return
	}
	ticker := time.NewTicker(keepAlive)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.comment()
		}
	}
}

// message serves POST /message.
func (t *sse) message(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	s := t.streams[r.URL.Query().Get("sessionId")]
	t.mu.Unlock()
	if s == nil {
		http.Error(w, "no such session: open a stream at /sse first", http.StatusNotFound)
		return
	}
	body, ok := readBody(w, r)
	if !ok {
		return
	}
	w.WriteHeader(http.StatusAccepted)
	s.peer.receive(s.ctx, body)
}

// shutdown ends all streams, each once its calls have been answered or ctx has
// ended.
func (t *sse) shutdown(ctx context.Context) {
	t.mu.Lock()
	streams := slices.Collect(maps.Values(t.streams))
	t.mu.Unlock()
	for _, s := range streams {
		select {
		case <-s.peer.idle():
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

// event writes one event, unless the stream has ended. A stream that cannot be
// written to is at its end.
func (s *stream) event(name string, data []byte) error {
	return s.locked(func() error { return writeEvent(s.w, name, data) })
}

func (s *stream) comment() {
	_ = s.locked(func() error {
		control := http.NewResponseController(s.w)
		_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
		if _, err := io.WriteString(s.w, ": keep-alive\n\n"); err != nil {
			return fmt.Errorf("keep-alive: %w", err)
		}
		return control.Flush()
	})
}

func (s *stream) locked(write func() error) error {
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
