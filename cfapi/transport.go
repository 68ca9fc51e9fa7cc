package cfapi

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

const (
	// maxIdleConnections bounds the connections that are kept for later requests. It is
	// as many as calls are likely to run at once: a burst that finds none pays for new
	// handshakes.
	maxIdleConnections = 128
	// idleConnectionTimeout is how long a connection is kept.
	idleConnectionTimeout = 90 * time.Second
	// brokenConnectionTimeout is how long a broken one may still carry other requests.
	// No attempt takes longer.
	brokenConnectionTimeout = 40 * time.Second
	// settleTime is how long a new connection belongs to one request at most. Until the
	// server has said how many it takes, which comes with its first answer, others could
	// be refused.
	settleTime = 250 * time.Millisecond
	// dialPatience is how long a request waits for a connection that another one opens,
	// before it opens its own.
	dialPatience = 2 * settleTime
)

// newDialer returns what opens connections when a client has been given no transport.
func newDialer() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:   true,
		TLSHandshakeTimeout: 5 * time.Second,
		// A connection that has fallen silent, as after a change of networks, is given
		// up before the attempt that waits on it is.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 4 * time.Second},
		// net/http says "Forbidden" alone, and nobody would think of the proxy.
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
			if answer.StatusCode == http.StatusOK {
				return nil
			}
			return &net.OpError{Op: "proxyconnect", Net: "tcp", Err: errors.New("the proxy answered " + answer.Status)}
		},
	}
}

// Transport is a [http.RoundTripper] that sends each request once. A [http.Transport]
// repeats by itself what a broken connection or an HTTP/2 server refused, unseen by any
// budget: a start would be sent many times. Here every repetition is the client's
// own. A connection on which a request has failed serves no other.
//
// All requests must be for the same scheme and host.
type Transport struct {
	dialer *http.Transport

	mu   sync.Mutex
	open []*connection // those that can be used; the one that got free last comes last
	// dialing is closed when the connection is open, or cannot be, that others wait for
	// to share it; nil if there is none.
	dialing chan struct{}
	// unshared is true once a connection has turned out to take one request at a time:
	// HTTP/1.1.
	unshared bool
}

// connection is one that is open.
type connection struct {
	*http.ClientConn
	idle    *time.Timer   // closes it
	used    bool          // it has carried a request to its end
	broken  time.Time     // since when it gets no more requests; zero if it does
	settled chan struct{} // closed once others may use it; nil then
}

// staleError is the failure of a connection that has worked before. Servers close idle
// connections, sometimes just as they are used again: that says nothing of the server's
// health.
type staleError struct{ error }

// Unwrap returns the failure itself.
func (e staleError) Unwrap() error { return e.error }

// NewTransport returns a transport that opens connections as dialer does, its proxy, TLS
// and HTTP/2 settings included; nil stands for the settings of the API's clients.
func NewTransport(dialer *http.Transport) *Transport {
	if dialer == nil {
		dialer = newDialer()
	}
	return &Transport{dialer: dialer}
}

// RoundTrip implements [http.RoundTripper].
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	c, err := t.connection(req)
	if err != nil {
		return nil, err
	}
	resp, err := c.RoundTrip(req)
	t.settle(c)
	if err != nil {
		if t.finished(c, err) {
			err = staleError{err}
		}
		return nil, err
	}
	resp.Body = &body{ReadCloser: resp.Body, finished: func(err error) { t.finished(c, err) }}
	return resp, nil
}

// CloseIdleConnections closes the connections that carry no request. Broken ones close by
// themselves within a second of their last request.
func (t *Transport) CloseIdleConnections() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closeIdle()
}

func (t *Transport) closeIdle() {
	for _, c := range slices.Clone(t.open) {
		if c.InFlight() == 0 {
			t.drop(c)
			_ = c.Close()
		}
	}
}

// connection returns one with room for the request, which is reserved.
func (t *Transport) connection(req *http.Request) (*connection, error) {
	ctx := req.Context()
	var patience *time.Timer
	for impatient := false; ; {
		t.mu.Lock()
		c := t.reserve()
		dialing := t.dialing
		if c == nil && (dialing == nil || t.unshared || impatient) {
			opened := make(chan struct{})
			if dialing == nil {
				t.dialing = opened
			}
			t.mu.Unlock()
			return t.dial(ctx, req, opened)
		}
		t.mu.Unlock()
		if c != nil {
			return c, nil
		}
		if patience == nil {
			patience = time.NewTimer(dialPatience)
			defer patience.Stop()
		}
		select {
		case <-dialing:
		case <-patience.C:
			impatient = true
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// reserve takes the connection with room that got free last: the others grow idle.
func (t *Transport) reserve() *connection {
	for _, c := range slices.Backward(t.open) {
		if c.Err() != nil {
			t.drop(c)
		} else if c.settled == nil && c.Reserve() == nil {
			c.idle.Stop()
			return c
		}
	}
	return nil
}

// dial opens a connection for a request. Those who wait to share it look again once it is
// settled, or cannot be opened.
func (t *Transport) dial(ctx context.Context, req *http.Request, opened chan struct{}) (*connection, error) {
	address := net.JoinHostPort(req.URL.Hostname(), req.URL.Port()) // without a port: the scheme's
	conn, err := t.dialer.NewClientConn(ctx, req.URL.Scheme, address)
	if err == nil {
		if err = conn.Reserve(); err != nil {
			_ = conn.Close()
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &connection{ClientConn: conn, settled: opened}
	if err != nil {
		t.settleLocked(c)
		return nil, err
	}
	c.idle = time.AfterFunc(idleConnectionTimeout, func() { t.expire(c) })
	c.idle.Stop()
	t.open = append(t.open, c)
	if t.unshared = conn.Available() < 1; t.unshared {
		t.settleLocked(c)
	} else {
		time.AfterFunc(settleTime, func() { t.settle(c) })
	}
	return c, nil
}

// settle lets others use a connection.
func (t *Transport) settle(c *connection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settleLocked(c)
}

func (t *Transport) settleLocked(c *connection) {
	if c.settled == nil {
		return
	}
	if t.dialing == c.settled {
		t.dialing = nil
	}
	close(c.settled)
	c.settled = nil
}

// finished takes note that a request has ended: with its answer read, or with an error. A
// caller that leaves says nothing about the connection. Any other error does, and when
// it is one that has worked before, those that idle are probably broken too.
func (t *Transport) finished(c *connection, err error) (stale bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	failed := err != nil && !errors.Is(err, context.Canceled)
	if failed || c.Err() != nil {
		c.broken = time.Now()
		t.drop(c)
	}
	if stale = failed && c.used; stale {
		t.closeIdle()
	}
	c.used = true
	switch idle := c.InFlight() == 0; {
	case idle && (!c.broken.IsZero() || len(t.open) > maxIdleConnections && t.idleConnections() > maxIdleConnections):
		t.drop(c)
		_ = c.Close()
	case !c.broken.IsZero():
		c.idle.Reset(time.Second) // HTTP/2 counts a request for a moment after its end
	default:
		if i := slices.Index(t.open, c); i >= 0 {
			t.open = append(slices.Delete(t.open, i, i+1), c)
		}
		c.idle.Reset(idleConnectionTimeout)
	}
	return stale
}

func (t *Transport) idleConnections() int {
	n := 0
	for _, c := range t.open {
		if c.InFlight() == 0 {
			n++
		}
	}
	return n
}

// expire closes a connection that nobody has used for long, or that is broken.
func (t *Transport) expire(c *connection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch broken := !c.broken.IsZero(); {
	case c.InFlight() == 0, broken && time.Since(c.broken) > brokenConnectionTimeout:
		t.drop(c)
		_ = c.Close()
	case broken:
		c.idle.Reset(time.Second)
	default:
		c.idle.Reset(idleConnectionTimeout)
	}
}

// drop takes a connection from those that can be used. Requests on it go on.
func (t *Transport) drop(c *connection) {
	c.idle.Stop()
	if i := slices.Index(t.open, c); i >= 0 {
		t.open = slices.Delete(t.open, i, i+1)
	}
}

// body tells once how the reading of an answer has ended.
type body struct {
	io.ReadCloser
	finished func(error)
	failure  error // of reading
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.failure = err
	}
	return n, err
}

// Close implements [io.Closer].
func (b *body) Close() error {
	err := b.ReadCloser.Close()
	if b.finished != nil {
		b.finished(b.failure)
		b.finished = nil
	}
	return err
}
