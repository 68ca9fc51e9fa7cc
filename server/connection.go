package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
)

// maxRequests bounds the requests of one connection that are being answered. At the
// bound no more messages are read from it until one of them is done.
const maxRequests = 1024

// connection is a lasting connection to one client, whatever frames its messages. Each
// request runs in a goroutine of its own, so that slow calls delay nothing; a cancelled
// request is never answered (MCP specification, "Cancellation").
type connection struct {
	server  *Server
	session *session
	write   func(message []byte) error // sends one message; safe for concurrent use
	slots   chan struct{}              // holds one element for each running request
	running *activity

	mu       sync.Mutex
	requests map[string]*request // the running ones, by ID as the client wrote it
}

// request is a request that is being answered.
type request struct {
	cancel   context.CancelFunc
	canceled bool // by the client, which wants no answer
}

func newConnection(s *Server, sessionID string, write func([]byte) error) *connection {
	c := &connection{server: s, write: write, slots: make(chan struct{}, maxRequests), running: newActivity(), requests: map[string]*request{}}
	c.session = newSession(sessionID, func(n mcp.JSONRPCNotification) error { return c.send(n) })
	return c
}

// envelope is the part of a message by which it is routed.
type envelope struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// receive takes one message. It returns before a request is answered. ctx ends
// with the connection.
func (c *connection) receive(ctx context.Context, message []byte) {
	var e envelope
	if err := json.Unmarshal(message, &e); err != nil {
		if json.Valid(message) {
			c.refuse(nil, mcp.INVALID_REQUEST, "a message must be one JSON object")
		} else {
			c.refuse(nil, mcp.PARSE_ERROR, "the message is not valid JSON")
		}
		return
	}
	c.server.log.DebugContext(ctx, "message", "method", e.Method)
	switch {
	case e.Method == "" && e.ID != nil:
		// A response. This server asks nothing of its clients.
	case e.Method == string(mcp.MethodNotificationCancelled):
		c.cancel(e.Params)
	case e.ID == nil:
		defer c.server.recovered(ctx, slog.String("method", e.Method), func() {}) // notifications have no answer
		c.handle(ctx, message)
	case e.ID[0] != '"' && e.ID[0] != '-' && (e.ID[0] < '0' || e.ID[0] > '9'):
		c.refuse(nil, mcp.INVALID_REQUEST, "the id of a request must be a string or a number")
	default:
		c.start(ctx, e, message)
	}
}

// start starts a goroutine that answers a request.
func (c *connection) start(ctx context.Context, e envelope, message []byte) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &request{cancel: cancel}
	if !c.add(string(e.ID), r) {
		<-c.slots
		cancel()
		c.refuse(e.ID, mcp.INVALID_REQUEST, "a request with this id is still being answered")
		return
	}
	end := c.running.begin()
	go func() {
		defer end()
		defer func() { <-c.slots }()
		defer cancel()
		defer c.server.recovered(ctx, slog.String("method", e.Method), func() {
			c.answer(ctx, e.ID, r, errorMessage(nil, mcp.INTERNAL_ERROR, internalText))
		})
		c.answer(ctx, e.ID, r, c.handle(ctx, message))
	}()
}

// handle lets mcp-go answer a message.
func (c *connection) handle(ctx context.Context, message []byte) mcp.JSONRPCMessage {
	return c.server.mcp.HandleMessage(c.server.mcp.WithContext(ctx, c.session), message)
}

// idle returns a channel that is closed once every request has been answered.
func (c *connection) idle() <-chan struct{} { return c.running.idle() }

func (c *connection) add(id string, r *request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, taken := c.requests[id]; taken {
		return false
	}
	c.requests[id] = r
	return true
}

// remove reports whether the client still wants an answer.
func (c *connection) remove(id string, r *request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.requests[id] == r {
		delete(c.requests, id)
	}
	return !r.canceled
}

// cancel obeys notifications/cancelled. It ignores the IDs of requests that are not
// running, as the specification wants.
func (c *connection) cancel(params json.RawMessage) {
	var cancelled struct {
		RequestID json.RawMessage `json:"requestId"`
	}
	if json.Unmarshal(params, &cancelled) != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.requests[string(cancelled.RequestID)]; ok {
		r.canceled = true
		r.cancel()
	}
}

// answer ends a request with its answer, unless the client has cancelled it or is gone.
// The answer gets the ID as the client wrote it: mcp-go reads IDs as floating-point
// numbers, which large whole numbers do not survive.
func (c *connection) answer(ctx context.Context, id json.RawMessage, r *request, answer mcp.JSONRPCMessage) {
	if !c.remove(string(id), r) || ctx.Err() != nil {
		return
	}
	c.session.flush()
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
	if err := c.send(answer); err != nil {
		c.server.log.Debug("an answer could not be sent", "error", err) // mostly the client is gone
	}
}

// refuse answers a message that mcp-go does not get to see.
func (c *connection) refuse(id json.RawMessage, code int, text string) {
	_ = c.send(errorMessage(id, code, text)) // a client that is gone misses nothing
}

// errorMessage is an error for the request with the ID id, which is nil if it is not
// known.
func errorMessage(id json.RawMessage, code int, text string) mcp.JSONRPCError {
	var value any
	if id != nil {
		value = id
	}
	return mcp.NewJSONRPCError(mcp.NewRequestId(value), code, text, nil)
}

func (c *connection) send(message any) error {
	data, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return c.write(data)
}
