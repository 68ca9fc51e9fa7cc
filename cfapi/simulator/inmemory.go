package simulator

import (
	"context"
	"net"
	"net/http"
	"sync"

	"access-policy-mcp/cfapi"
)

// BaseURL is the address of a simulator that is reached through [Serve].
const BaseURL = "http://localhost"

// Serve runs handler, mostly a [*Simulator], as a real HTTP server on
// connections in memory, and returns the transport that reaches it whatever
// host is asked for. No port is opened. stop ends the server and its
// connections.
func Serve(handler http.Handler) (transport *cfapi.Transport, stop func()) {
	listener := NewListener()
	server := &http.Server{Handler: handler}
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(listener) })
	transport = cfapi.NewTransport(&http.Transport{DialContext: listener.DialContext})
	return transport, func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		wg.Wait()
	}
}

// Listener is a [net.Listener] in memory.
type Listener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

// NewListener returns a listener that is reached through its DialContext.
func NewListener() *Listener {
	return &Listener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// DialContext connects to the listener, whatever the network and address.
func (l *Listener) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements [net.Listener].
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements [net.Listener].
func (l *Listener) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "memory"} }
