package server

import (
	"context"
	"net/http"
	"sync/atomic"
)

// What the server takes on at once, over all transports.
const (
	maxCalls  = 4096     // requests that are being answered
	maxBodies = 64 << 20 // bytes of messages that are being read or answered
)

// retryAfter is when a client that has been refused may try again, in seconds.
const retryAfter = "5"

// codeBusy is the JSON-RPC error of a request that is one too many. It is of the codes
// that JSON-RPC leaves to servers. -32000 to -32002 mean something else to MCP clients.
const codeBusy = -32005

// limit is an amount of which only so much can be taken at once.
type limit struct{ left atomic.Int64 }

func newLimit(amount int64) *limit {
	l := &limit{}
	l.left.Store(amount)
	return l
}

// take reports whether there is enough left for amount, and takes it then.
func (l *limit) take(amount int64) bool {
	if l.left.Add(-amount) >= 0 {
		return true
	}
	l.left.Add(amount)
	return false
}

// give gives back what has been taken.
func (l *limit) give(amount int64) { l.left.Add(amount) }

// admit makes room for a request until the function that it returns is called, or
// refuses the request.
func (s *Server) admit(ctx context.Context, m *message) (end func(), f *fault) {
	if !s.slots.take(1) {
		s.refusals.record(ctx, "too many calls")
		return nil, &fault{id: m.id, code: codeBusy, text: "the server is busy: 4096 requests are being answered; try again in a few seconds", busy: true}
	}
	size := int64(m.size())
	if !s.bodies.take(size) {
		s.slots.give(1)
		s.refusals.record(ctx, "too many bytes of messages")
		return nil, &fault{id: m.id, code: codeBusy, text: bodiesText, busy: true}
	}
	return func() {
		s.slots.give(1)
		s.bodies.give(size)
	}, nil
}

const bodiesText = "the server is busy: 64 MiB of messages are being handled; try again in a few seconds"

// unavailable answers a request that is one too many.
func unavailable(w http.ResponseWriter, text string) {
	w.Header().Set("Retry-After", retryAfter)
	http.Error(w, text, http.StatusServiceUnavailable)
}
