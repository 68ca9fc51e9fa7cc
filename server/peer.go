package server

import (
	"context"
	"encoding/json"
	"runtime/debug"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
)

// maxInFlight bounds the requests of one client that are being answered. When it
// is reached, no more are read from that client until one is done.
const maxInFlight = 1024

// peer is a client at the other end of a lasting connection, whatever frames its
// messages. Every request runs on its own, so that slow calls delay nothing; a
// cancelled request is never answered (MCP specification, "Cancellation").
type peer struct {
	server  *Server
	session *session
	write   func(message []byte) error // sends one message; safe for concurrent use
	slots   chan struct{}
	running *counter

	mu       sync.Mutex
	inFlight map[string]*inFlight // by the request's ID as it was written
}

type inFlight struct {
	cancel   context.CancelFunc
	silenced bool
}

func newPeer(s *Server, id string, write func([]byte) error) *peer {
	p := &peer{server: s, write: write, slots: make(chan struct{}, maxInFlight), running: newCounter(), inFlight: map[string]*inFlight{}}
	p.session = newSession(id, func(n mcp.JSONRPCNotification) error { return p.send(n) })
	return p
}

// envelope is what has to be known of a message to route it.
type envelope struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// receive takes one message. It returns before a request is answered. ctx ends
// with the connection.
func (p *peer) receive(ctx context.Context, message []byte) {
	var e envelope
	if err := json.Unmarshal(message, &e); err != nil {
		if json.Valid(message) {
			p.refuse(nil, mcp.INVALID_REQUEST, "a message must be one JSON object")
		} else {
			p.refuse(nil, mcp.PARSE_ERROR, "the message is not valid JSON")
		}
		return
	}
	p.server.log.DebugContext(ctx, "message", "method", e.Method)
	switch {
	case e.Method == "" && e.ID != nil:
		// A response. This server asks nothing of its clients.
	case e.Method == string(mcp.MethodNotificationCancelled):
		p.cancel(e.Params)
	case e.ID == nil:
		p.handle(ctx, message)
	case e.ID[0] != '"' && e.ID[0] != '-' && (e.ID[0] < '0' || e.ID[0] > '9'):
		p.refuse(nil, mcp.INVALID_REQUEST, "the id of a request must be a string or a number")
	default:
		p.begin(ctx, e, message)
	}
}

// begin starts a request.
func (p *peer) begin(ctx context.Context, e envelope, message []byte) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	call := &inFlight{cancel: cancel}
	if !p.add(string(e.ID), call) {
		<-p.slots
		cancel()
		p.refuse(e.ID, mcp.INVALID_REQUEST, "a request with this id is still being answered")
		return
	}
	end := p.running.begin()
	go func() {
		defer end()
		defer func() { <-p.slots }()
		defer cancel()
		answer := p.handle(ctx, message)
		if p.remove(string(e.ID), call) && ctx.Err() == nil { // else nobody is there to read it
			p.session.flush()
			p.answer(e.ID, answer)
		}
	}()
}

// idle returns a channel that is closed once every request has been answered.
func (p *peer) idle() <-chan struct{} { return p.running.done() }

func (p *peer) add(id string, call *inFlight) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, taken := p.inFlight[id]; taken {
		return false
	}
	p.inFlight[id] = call
	return true
}

// remove reports whether the call is still to be answered.
func (p *peer) remove(id string, call *inFlight) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.inFlight, id)
	return !call.silenced
}

// cancel obeys notifications/cancelled. Requests that are over, or never were,
// are ignored as the specification wants.
func (p *peer) cancel(params json.RawMessage) {
	var cancelled struct {
		RequestID json.RawMessage `json:"requestId"`
	}
	if json.Unmarshal(params, &cancelled) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if call, ok := p.inFlight[string(cancelled.RequestID)]; ok {
		call.silenced = true
		call.cancel()
	}
}

// handle lets mcp-go answer a message. A panic outside the tools, which recover
// their own, must not end the process either.
func (p *peer) handle(ctx context.Context, message []byte) (answer mcp.JSONRPCMessage) {
	defer func() {
		if v := recover(); v != nil {
			p.server.log.ErrorContext(ctx, "panic in a request", "panic", v, "stack", string(debug.Stack()))
			answer = mcp.NewJSONRPCError(mcp.NewRequestId(nil), mcp.INTERNAL_ERROR, "internal error", nil)
		}
	}()
	return p.server.mcp.HandleMessage(p.server.mcp.WithContext(ctx, p.session), message)
}

// answer sends an answer under the ID as the client wrote it. mcp-go reads IDs
// as floating-point numbers, which large whole numbers do not survive.
func (p *peer) answer(id json.RawMessage, answer mcp.JSONRPCMessage) {
	switch a := answer.(type) {
	case mcp.JSONRPCResponse:
		a.ID = mcp.NewRequestId(id)
		answer = a
	case mcp.JSONRPCError:
		a.ID = mcp.NewRequestId(id)
		answer = a
	case nil:
		return
	}
	if err := p.send(answer); err != nil {
		p.server.log.Debug("an answer could not be sent", "error", err) // mostly the client is gone
	}
}

// refuse answers what mcp-go does not get to see.
func (p *peer) refuse(id json.RawMessage, code int, text string) {
	var value any
	if id != nil {
		value = id
	}
	_ = p.send(mcp.NewJSONRPCError(mcp.NewRequestId(value), code, text, nil))
}

func (p *peer) send(message any) error {
	data, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return p.write(data)
}
