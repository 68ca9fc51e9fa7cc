package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"mime"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// streamable serves the Streamable HTTP transport in both protocol eras. It is
// stateless: any instance can answer any request.
type streamable struct {
	server  *Server
	handler *server.StreamableHTTPServer
	buffers buffers // of answers to calls
}

// sessionKey is the context key of the [session] of a message.
type sessionKey struct{}

func newStreamable(s *Server) *streamable {
	return &streamable{server: s, handler: server.NewStreamableHTTPServer(s.mcp,
		server.WithStateLess(true),
		server.WithStreamableHTTPLogger(s.log),
		server.WithHTTPContextFunc(func(ctx context.Context, _ *http.Request) context.Context {
			// mcp-go finds the call that a client cancels by session ID and request
			// ID. All stateless requests have the same empty session ID, so that any
			// client could cancel the call of another. A session for each request
			// prevents that: over HTTP the end of the connection cancels.
			if session, ok := ctx.Value(sessionKey{}).(*session); ok {
				ctx = s.mcp.WithContext(ctx, session)
			}
			return ctx
		}),
	)}
}

// ServeHTTP answers one message or batch.
func (t *streamable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		http.Error(w, "Invalid content type: must be 'application/json'", http.StatusBadRequest)
		return
	}
	body, release, ok := t.server.readBody(w, r)
	if !ok {
		return
	}
	in, f := t.server.parse(body, r.Header)
	if version := r.Header.Get(mcp.HeaderProtocolVersion); in.batch && version != "" && version != batchRevision {
		f = batchFault() // without a header the revision is 2025-03-26 (MCP specification, "Transports: Protocol Version Header")
	}
	answer, f := t.start(r, w, in, f)
	release()
	switch {
	case f != nil && f.busy:
		unavailable(w, f.text)
	case f != nil:
		(&reply{status: http.StatusBadRequest, body: f.response()}).send(w)
	case answer != nil:
		answer()
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

// start takes what has been read. It returns what answers it, or why that is refused,
// which f already is; neither if nothing is to be answered.
func (t *streamable) start(r *http.Request, w http.ResponseWriter, in input, f *fault) (answer func(), _ *fault) {
	switch {
	case f != nil:
		return nil, f
	case in.batch:
		x := t.newExchange(w, r)
		all := startBatch(in.items, func(m *message) (*pending, *fault) {
			run, done, f := t.startMessage(r, x, m)
			if f != nil || run == nil {
				return nil, f
			}
			return &pending{answer: func() []byte { return run().body }, done: done}, nil
		})
		return func() {
			defer all.done()
			x.run(func() *reply { return batchReply(all.answer()) })
		}, nil
	case len(in.items) == 0:
		return nil, nil
	}
	x := t.newExchange(w, r)
	run, done, f := t.startMessage(r, x, in.items[0].message)
	if f != nil || run == nil {
		return nil, f
	}
	return func() {
		defer done()
		x.run(run)
	}, nil
}

// batchReply answers a batch. One without requests has no answers.
func batchReply(answers []byte) *reply {
	if answers == nil {
		return &reply{status: http.StatusAccepted}
	}
	return &reply{status: http.StatusOK, body: answers}
}

// startMessage takes a message. It returns what answers it, and what must be called once
// the answer has been written, or why it is refused. Notifications have no effect over
// stateless HTTP. They are kept from mcp-go, which answers those with 400 that lack metadata
// that only requests must have; some clients give up the connection then.
func (t *streamable) startMessage(r *http.Request, x *exchange, m *message) (run func() *reply, done func(), f *fault) {
	if m.id == nil || r.Context().Err() != nil {
		return nil, nil, nil
	}
	done, f = t.server.admit(r.Context(), m)
	if f != nil {
		return nil, nil, f
	}
	return func() *reply { return t.handle(r, x, m) }, done, nil
}

// handle answers a message, or lets mcp-go answer it.
func (t *streamable) handle(r *http.Request, x *exchange, m *message) (answer *reply) {
	var id string
	if m.call == nil {
		id = rand.Text()
	}
	s := newSession(id, &handshake{}, m, x.notify)
	s.Initialize()
	defer t.server.recovered(r.Context(), slog.String("path", r.URL.Path), func() {
		// With status 200: many clients do not read the body of any other.
		answer = &reply{status: http.StatusOK, body: (&fault{id: m.id, code: mcp.INTERNAL_ERROR, text: internalText}).response()}
	})
	if m.call != nil {
		result := t.server.callTool(r.Context(), s, m)
		if r.Context().Err() != nil {
			return &reply{} // the client is gone
		}
		buffer := t.buffers.take()
		*buffer = t.server.appendAnswer(*buffer, m, result)
		return &reply{status: http.StatusOK, body: *buffer, buffer: buffer}
	}
	written := &recorder{header: http.Header{}}
	t.handler.Handle(written, &server.HTTPRequest{
		Method:  r.Method,
		URL:     r.URL,
		Header:  r.Header,
		Body:    m.data,
		Context: withArguments(context.WithValue(r.Context(), sessionKey{}, s), m),
	})
	s.flush()
	return &reply{status: written.status, contentType: written.header.Get("Content-Type"), body: m.restore(written.Bytes())}
}

// recorder keeps what mcp-go answers. It implements [server.HTTPResponseWriter].
type recorder struct {
	bytes.Buffer
	header http.Header
	status int
}

// Header implements [server.HTTPResponseWriter].
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader implements [server.HTTPResponseWriter].
func (w *recorder) WriteHeader(status int) { w.status = status }

// Flush implements [server.HTTPResponseWriter].
func (w *recorder) Flush() {}

// CanStream implements [server.HTTPResponseWriter]. Notifications do not come this way.
func (w *recorder) CanStream() bool { return false }
