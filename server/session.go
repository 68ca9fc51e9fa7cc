package server

import (
	"sync/atomic"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// session is one client as mcp-go sees it: a connection over stdio or SSE, a
// single request over Streamable HTTP.
//
// It writes the progress notifications of its calls at once and in order,
// instead of queueing them for another goroutine, so that none can be lost or
// follow the result.
type session struct {
	id            string
	initialized   atomic.Bool
	notifications chan mcp.JSONRPCNotification
	notify        func(mcp.JSONRPCNotification) error
}

var _ server.ClientSession = (*session)(nil)

func newSession(id string, notify func(mcp.JSONRPCNotification) error) *session {
	return &session{id: id, notify: notify, notifications: make(chan mcp.JSONRPCNotification, 4)}
}

// SessionID implements [server.ClientSession].
func (s *session) SessionID() string { return s.id }

// Initialize implements [server.ClientSession].
func (s *session) Initialize() { s.initialized.Store(true) }

// Initialized implements [server.ClientSession].
func (s *session) Initialized() bool { return s.initialized.Load() }

// NotificationChannel implements [server.ClientSession]. It carries what mcp-go
// itself sends in the course of a request; see flush.
func (s *session) NotificationChannel() chan<- mcp.JSONRPCNotification { return s.notifications }

// Notify sends a notification now.
func (s *session) Notify(notification mcp.JSONRPCNotification) error { return s.notify(notification) }

// flush sends what mcp-go has queued, ahead of the answer that it belongs to.
func (s *session) flush() {
	for {
		select {
		case notification := <-s.notifications:
			_ = s.notify(notification) // a client that is gone misses nothing
		default:
			return
		}
	}
}
