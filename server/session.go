package server

import (
	"encoding/json"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// session is what mcp-go takes for a client: here a single message of one, so that what
// is notified in its course belongs to it.
//
// It writes the progress notifications of its calls at once and in order,
// instead of queueing them for another goroutine, so that none can be lost or
// follow the result.
type session struct {
	*handshake
	id            string
	notifications chan mcp.JSONRPCNotification // nil for a message that mcp-go does not get to see
	notify        func(mcp.JSONRPCNotification) error
}

var _ server.SessionWithProtocolVersion = (*session)(nil)

// handshake is what initialize has settled. All messages of a connection share it.
type handshake struct {
	initialized atomic.Bool
	version     atomic.Pointer[string]
}

// newSession returns the session of m on a connection. send sends a message to the client.
func newSession(id string, h *handshake, m *message, send func([]byte) error) *session {
	s := &session{handshake: h, id: id, notify: func(n mcp.JSONRPCNotification) error {
		data, err := json.Marshal(n)
		if err != nil {
			return err
		}
		return send(m.restore(data))
	}}
	if m.call == nil {
		s.notifications = make(chan mcp.JSONRPCNotification, 4)
	}
	return s
}

// SessionID implements [server.ClientSession].
func (s *session) SessionID() string { return s.id }

// Initialize implements [server.ClientSession].
func (h *handshake) Initialize() { h.initialized.Store(true) }

// Initialized implements [server.ClientSession].
func (h *handshake) Initialized() bool { return h.initialized.Load() }

// SetProtocolVersion is called by mcp-go with the revision that it has agreed on.
func (h *handshake) SetProtocolVersion(version string) { h.version.Store(&version) }

// ProtocolVersion implements [server.SessionWithProtocolVersion]. It is empty before
// initialize.
func (h *handshake) ProtocolVersion() string {
	if version := h.version.Load(); version != nil {
		return *version
	}
	return ""
}

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
