package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"

	"access-policy-mcp/internal/stack"
)

// maxRequests bounds the requests of one connection that are being answered, or whose
// answers have not been written. One more is refused.
const maxRequests = 1024

// maxRefusals bounds the refusals of one connection that wait to be written. At the bound
// no more messages are read from the connection.
const maxRefusals = 1024

// connection is a lasting connection to one client, whatever frames its messages. Each
// request runs in a goroutine of its own, so that slow calls delay nothing; a cancelled
// request is never answered (MCP specification, "Cancellation").
type connection struct {
	server    *Server
	id        string
	handshake handshake
	write     func(message []byte) error // sends one message; safe for concurrent use
	refusing  chan struct{}              // holds one element for each waiting refusal
	running   *activity

	mu        sync.Mutex
	requests  map[string]*request // the running ones, by key
	unwritten int                 // answers that are being written
}

// request is a request that is being answered.
type request struct {
	key      string // its ID
	cancel   context.CancelFunc
	canceled bool // by the client, which wants no answer
}

func newConnection(s *Server, id string, write func([]byte) error) *connection {
	return &connection{server: s, id: id, write: write, refusing: make(chan struct{}, maxRefusals), running: newActivity(), requests: map[string]*request{}}
}

// receive takes what the client sends at once. It returns before a request is answered.
// ctx ends with the connection. A message that is not taken because the server as a
// whole has too much to do is left to the caller to refuse.
func (c *connection) receive(ctx context.Context, data []byte) (overload *fault) {
	in, f := c.server.parse(data, nil)
	switch {
	case f != nil:
		c.refuse(f)
	case in.batch && c.handshake.ProtocolVersion() != batchRevision:
		c.refuse(batchFault())
	case in.batch:
		c.answer(startBatch(in.items, func(m *message) (*pending, *fault) { return c.start(ctx, m) }))
	case len(in.items) == 1:
		p, f := c.start(ctx, in.items[0].message)
		switch {
		case f != nil && f.busy:
			return f
		case f != nil:
			c.refuse(f)
		case p != nil:
			c.answer(p)
		}
	}
	return nil
}

// start takes a message. It returns a request, or why it is refused. A request is not
// started once the connection has ended.
func (c *connection) start(ctx context.Context, m *message) (*pending, *fault) {
	c.server.log.DebugContext(ctx, "message", "method", foreign(m.method))
	switch {
	case ctx.Err() != nil:
		return nil, nil
	case m.method == string(mcp.MethodNotificationCancelled):
		c.cancel(m.requestID)
		return nil, nil
	case m.id == nil:
		_, _ = c.handle(ctx, m) // notifications have no answer
		return nil, nil
	}
	end, f := c.server.admit(ctx, m)
	if f != nil {
		return nil, f
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &request{key: requestKey(m.id), cancel: cancel}
	if f := c.add(r, m.id); f != nil {
		cancel()
		end()
		return nil, f
	}
	return &pending{answer: func() []byte {
		defer cancel()
		if ctx.Err() != nil {
			c.remove(r)
			return nil
		}
		data, s := c.handle(ctx, m)
		if c.remove(r) && ctx.Err() == nil {
			s.flush()
			return m.restore(data)
		}
		return nil
	}, done: func() {
		c.written(r)
		end()
	}}, nil
}

// handle answers a message, or lets mcp-go answer it.
func (c *connection) handle(ctx context.Context, m *message) (data []byte, s *session) {
	s = newSession(c.id, &c.handshake, m, c.send)
	defer c.server.recovered(ctx, slog.String("method", foreign(m.method)), func() {
		data = (&fault{id: m.id, code: mcp.INTERNAL_ERROR, text: internalText}).response()
	})
	if m.call != nil {
		return c.server.appendAnswer(nil, m, c.server.callTool(ctx, s, m)), s
	}
	answer := c.server.mcp.HandleMessage(c.server.mcp.WithContext(withArguments(ctx, m), s), m.data)
	if answer == nil {
		return nil, s
	}
	data, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	return data, s
}

// idle returns a channel that is closed once every request has been answered.
func (c *connection) idle() <-chan struct{} { return c.running.idle() }

// requestKey makes the same of all notations of a text.
func requestKey(id json.RawMessage) string {
	if len(id) > 0 && id[0] == '"' {
		return `"` + text(id)
	}
	return string(id)
}

// add notes that a request is running.
func (c *connection) add(r *request, id json.RawMessage) *fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch _, taken := c.requests[r.key]; {
	case taken:
		return &fault{id: id, code: mcp.INVALID_REQUEST, text: "a request with this id is still being answered"}
	case len(c.requests)+c.unwritten >= maxRequests:
		return &fault{id: id, code: codeBusy, text: "1024 requests of this connection are being answered: wait for some of them, or cancel them"}
	}
	c.requests[r.key] = r
	return nil
}

// remove notes that a request has its answer, which is to be written. It reports whether
// the client still wants it.
func (c *connection) remove(r *request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !r.canceled {
		delete(c.requests, r.key)
		c.unwritten++
	}
	return !r.canceled
}

// written notes that the answer to a request has been written.
func (c *connection) written(r *request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !r.canceled {
		c.unwritten--
	}
}

// cancel obeys notifications/cancelled, and makes room for another request. It ignores the
// IDs of requests that are not running, as the specification wants.
func (c *connection) cancel(requestID json.RawMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.requests[requestKey(requestID)]; ok {
		r.canceled = true
		r.cancel()
		delete(c.requests, r.key)
	}
}

// end ends all requests of a client that is gone.
func (c *connection) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.requests {
		r.cancel()
	}
}

// answer answers a request, which may take its time.
func (c *connection) answer(p *pending) {
	end := c.running.begin()
	go func() {
		defer end()
		defer p.done()
		stack.Grow()
		if data := p.answer(); data != nil {
			_ = c.send(data)
		}
	}()
}

// refuse answers a message that mcp-go does not get to see. It does not wait until the
// client reads that, so that the messages that follow are read meanwhile.
func (c *connection) refuse(f *fault) {
	c.refusing <- struct{}{}
	c.answer(&pending{answer: f.response, done: func() { <-c.refusing }})
}

// send sends a message. A client that does not take it is gone.
func (c *connection) send(data []byte) error {
	err := c.write(data)
	if err != nil {
		c.server.log.Debug("a message could not be sent", "error", err)
		c.end()
	}
	return err
}
