package cfapi_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// refusals are the ways in which an HTTP/2 server can refuse a request so that clients
// may send it again.
var refusals = map[string]func(net.Conn, uint32){
	"protocol error":  func(c net.Conn, stream uint32) { reset(stream, protocolError).write(c) },
	"refused stream":  func(c net.Conn, stream uint32) { reset(stream, refusedStream).write(c) },
	"internal error":  func(c net.Conn, stream uint32) { reset(stream, internalError).write(c) },
	"calm down":       func(c net.Conn, stream uint32) { reset(stream, enhanceCalm).write(c) },
	"go away":         func(c net.Conn, _ uint32) { goAway(0, 0).write(c) },
	"go away, error":  func(c net.Conn, _ uint32) { goAway(0, protocolError).write(c) },
	"close":           func(c net.Conn, _ uint32) { _ = c.Close() },
	"go away, close":  func(c net.Conn, _ uint32) { goAway(0, 0).write(c); _ = c.Close() },
	"refuse and stay": func(c net.Conn, stream uint32) { reset(stream, refusedStream).write(c); goAway(stream, 0).write(c) },
}

// TestNothingIsRepeatedUnseen: however an HTTP/2 server refuses, a start is sent once, and
// what only reads three times at most. The limiter is asked for each.
func TestNothingIsRepeatedUnseen(t *testing.T) {
	for name, refuse := range refusals {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &rawHTTP2{Listener: simulator.NewListener(), answer: func(c net.Conn, _ int32, stream uint32) bool {
					go refuse(c, stream)
					return true
				}}
				server.serve(t)
				client, l := clientOf(t, server.Listener, true)
				_, err := client.StartPolicyTest(t.Context(), simulator.AccountID, []json.RawMessage{json.RawMessage(`"abc"`)})
				if failure := asError(t, err); !failure.MayBeDone || server.requests.Load() != 1 || len(l.turns) != 1 {
					t.Errorf("start: %d requests, %d turns, %+v", server.requests.Load(), len(l.turns), failure)
				}
				_, err = get(t.Context(), client)
				wantKind(t, err, cfapi.Unavailable)
				if n := int(server.requests.Load()) - 1; n != 3 || len(l.turns) != 4 {
					t.Errorf("get: %d requests, %d turns", n, len(l.turns)-1)
				}
			})
		})
	}
}

// TestSilentConnections are given up: the call that finds one gets its answer over
// another, and later calls do not meet it again.
func TestSilentConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &rawHTTP2{Listener: simulator.NewListener(), answer: func(c net.Conn, connection int32, stream uint32) bool {
			if connection == 1 {
				return false
			}
			go succeed(c, stream)
			return true
		}}
		server.serve(t)
		client, _ := clientOf(t, server.Listener, true)
		for _, limit := range []time.Duration{10 * time.Second, 0, 0} {
			began := time.Now()
			if _, err := get(t.Context(), client); err != nil || time.Since(began) > limit {
				t.Errorf("%v after %v", err, time.Since(began))
			}
		}
		if n := server.connections.Load(); n != 2 {
			t.Errorf("%d connections", n)
		}
	})
	// Over HTTP/1.1 there are no pings: the attempt times out.
	synctest.Test(t, func(t *testing.T) {
		listener := simulator.NewListener()
		var connections atomic.Int32
		serveHTTP1(t, listener, func(conn net.Conn, request int) bool {
			if request == 1 {
				connections.Add(1)
			}
			return connections.Load() > 1 || request == 1
		})
		client, _ := clientOf(t, listener, false)
		for range 3 {
			began := time.Now()
			if _, err := get(t.Context(), client); err != nil || time.Since(began) > 12*time.Second {
				t.Errorf("%v after %v", err, time.Since(began))
			}
		}
		if n := connections.Load(); n != 2 {
			t.Errorf("%d connections", n)
		}
	})
}

// serveHTTP1 answers requests, of which it numbers those of each connection from 1. When
// answer returns false, the connection stays open and silent.
func serveHTTP1(t *testing.T, listener *simulator.Listener, answer func(conn net.Conn, request int) bool) {
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				reader := bufio.NewReader(conn)
				for n := 1; ; n++ {
					req, err := http.ReadRequest(reader)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, req.Body)
					if !answer(conn, n) {
						_, _ = io.Copy(io.Discard, reader)
						return
					}
					fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(simulatedBody), simulatedBody)
				}
			}()
		}
	}()
}

// TestConnectionsThatCloseOnUse: when a server has closed its idle connections, a call
// costs one request more, and not one for each of them.
func TestConnectionsThatCloseOnUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := simulator.NewListener()
		var requests atomic.Int32
		serveHTTP1(t, listener, func(conn net.Conn, request int) bool {
			requests.Add(1)
			if request == 1 {
				time.Sleep(time.Second) // so that calls at a time need connections of their own
				return true
			}
			_ = conn.Close()
			return false
		})
		client, l := clientOf(t, listener, false)
		done := make(chan error)
		for range 60 {
			go func() { _, err := get(t.Context(), client); done <- err }()
		}
		for range 60 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		before, turns := requests.Load(), len(l.turns)
		if _, err := get(t.Context(), client); err != nil {
			t.Error(err)
		}
		if n := requests.Load() - before; before != 60 || n != 2 || len(l.turns)-turns != 2 {
			t.Errorf("%d requests, then %d for one call and %d turns", before, n, len(l.turns)-turns)
		}
	})
}

// TestIdleConnectionsAreClosed after a while.
func TestIdleConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := simulator.NewListener()
		var connections atomic.Int32
		serveHTTP1(t, listener, func(_ net.Conn, request int) bool {
			if request == 1 {
				connections.Add(1)
			}
			return true
		})
		client, _ := clientOf(t, listener, false)
		for _, pause := range []time.Duration{time.Second, 80 * time.Second, 100 * time.Second, 0} {
			if _, err := get(t.Context(), client); err != nil {
				t.Error(err)
			}
			time.Sleep(pause)
		}
		if n := connections.Load(); n != 2 {
			t.Errorf("%d connections", n)
		}
	})
}
