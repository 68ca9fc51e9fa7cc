package cfapi

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// calls is how many calls run at once in these tests.
const calls = 64

// reuseServer answers only when as many requests are with it as barrier says, so
// that the calls really do run at once.
type reuseServer struct {
	*httptest.Server
	connections atomic.Int32
	protocols   sync.Map

	mu      sync.Mutex
	waiting int
	barrier int
	release chan struct{}
}

func newReuseServer(t *testing.T, http2 bool) *reuseServer {
	s := &reuseServer{barrier: 1, release: make(chan struct{})}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.protocols.Store(r.Proto, true)
		s.arrive()
		_, _ = w.Write([]byte(`{"success":true,"result":{}}`))
	}))
	s.EnableHTTP2 = http2
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *reuseServer) arrive() {
	s.mu.Lock()
	s.waiting++
	release := s.release
	if s.waiting == s.barrier {
		s.waiting, s.release = 0, make(chan struct{})
		close(release)
	}
	s.mu.Unlock()
	<-release
}

// client has the package's own transport, which here must trust the server.
func (s *reuseServer) client(t *testing.T) *Client {
	transport := NewTransport(nil)
	transport.dialer.TLSClientConfig = &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	client, err := New(Config{BaseURL: s.URL, Credentials: Credentials{Token: "a-token"}, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return client
}

// burst makes n calls at once and returns how many connections they opened.
func (s *reuseServer) burst(t *testing.T, client *Client, n int) int32 {
	t.Helper()
	s.mu.Lock()
	s.barrier = n
	s.mu.Unlock()
	before := s.connections.Load()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if _, err := client.GetPolicyTest(t.Context(), "a", "t"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	return s.connections.Load() - before
}

func TestHTTP2CallsShareOneConnection(t *testing.T) {
	server := newReuseServer(t, true)
	client := server.client(t)
	if n := server.burst(t, client, 1); n != 1 {
		t.Errorf("the first call opened %d connections", n)
	}
	for range 3 {
		if n := server.burst(t, client, calls); n != 0 {
			t.Errorf("%d calls at once opened %d more connections", calls, n)
		}
	}
	if _, ok := server.protocols.Load("HTTP/1.1"); ok {
		t.Error("some calls fell back to HTTP/1.1")
	}
}

// A proxy in between may speak HTTP/1.1 only. It takes one connection for each
// call at a time, but the next burst must find them all still open.
func TestHTTP1ConnectionsAreKept(t *testing.T) {
	server := newReuseServer(t, false)
	client := server.client(t)
	if n := server.burst(t, client, calls); n < calls {
		t.Errorf("%d calls at once opened only %d connections", calls, n)
	}
	for range 3 {
		if n := server.burst(t, client, calls); n != 0 {
			t.Errorf("%d calls at once opened %d more connections", calls, n)
		}
	}
	if _, ok := server.protocols.Load("HTTP/2.0"); ok {
		t.Error("the server spoke HTTP/2")
	}
}
