package server

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

// addressedListener is a listener in memory that claims to listen on an address.
type addressedListener struct {
	*simulator.Listener
	addr net.Addr
}

func (l addressedListener) Addr() net.Addr { return l.addr }

var loopbackAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}

// startHTTP serves s in memory and returns a client that reaches it under any
// loopback name, and what ends the server.
func startHTTP(t *testing.T, s *Server) (client *http.Client, shutdown func(), ended <-chan error) {
	t.Helper()
	return startHTTPOn(t, s, loopbackAddr)
}

// startHTTPOn is startHTTP for any address.
func startHTTPOn(t *testing.T, s *Server, addr net.Addr) (client *http.Client, shutdown func(), ended <-chan error) {
	t.Helper()
	listener := addressedListener{simulator.NewListener(), addr}
	transport := &http.Transport{DialContext: listener.DialContext}
	ctx, cancel := context.WithCancel(tools.WithCaller(t.Context(), fixedCaller))
	result := make(chan error, 1)
	go func() { result <- s.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		transport.CloseIdleConnections()
	})
	return &http.Client{Transport: transport}, cancel, result
}

const baseURL = "http://localhost:8080"

func newPost(ctx context.Context, t *testing.T, path, message string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, baseURL+path, strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	return req
}

func do(t *testing.T, client *http.Client, req *http.Request) (*http.Response, string) {
	t.Helper()
	resp, body, err := roundTrip(client, req)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

// start sends a request on its own; the body of the answer, or the error, can be
// received later.
func start(client *http.Client, req *http.Request) <-chan string {
	bodies := make(chan string, 1)
	go func() {
		_, body, err := roundTrip(client, req)
		if err != nil {
			body = err.Error()
		}
		bodies <- body
	}()
	return bodies
}

func roundTrip(client *http.Client, req *http.Request) (*http.Response, string, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

// end shuts a server down and checks that it ended well.
func end(t *testing.T, shutdown func(), ended <-chan error) {
	t.Helper()
	shutdown()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// sseReader reads an event stream.
type sseReader struct{ lines *bufio.Scanner }

func newSSEReader(r io.Reader) sseReader { return sseReader{bufio.NewScanner(r)} }

// next returns the data of the next event; "" at the end of the stream.
func (r sseReader) next() string {
	for r.lines.Scan() {
		if data, ok := strings.CutPrefix(r.lines.Text(), "data: "); ok {
			return data
		}
	}
	return ""
}

// sseClient is an open event stream.
type sseClient struct {
	sseReader
	endpoint string
	close    func()
	header   http.Header
}

func openSSE(t *testing.T, client *http.Client) *sseClient {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, baseURL+"/sse", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	c := &sseClient{sseReader: newSSEReader(resp.Body), header: resp.Header, close: func() {
		cancel()
		_ = resp.Body.Close()
	}}
	c.endpoint = c.next()
	return c
}
