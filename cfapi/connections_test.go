package cfapi_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// TestBrokenConnectionsAreClosed: an API that answers pings but no requests costs no
// connection for each attempt, also when callers leave.
func TestBrokenConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &rawHTTP2{Listener: simulator.NewListener(), answer: func(net.Conn, int32, uint32) bool { return true }}
		server.serve(t)
		client, _ := clientOf(t, server.Listener, true)
		for range 5 {
			_, err := get(t.Context(), client)
			wantKind(t, err, cfapi.Timeout)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			_, err = get(ctx, client)
			cancel()
			wantKind(t, err, cfapi.Timeout)
		}
		time.Sleep(2 * time.Minute)
		if opened, closed := server.connections.Load(), server.closed.Load(); opened < 5 || closed != opened {
			t.Errorf("%d connections were opened, %d closed", opened, closed)
		}
	})
}

// TestFewStreams: an HTTP/2 server that takes few requests at a time gets no more of them
// on a connection, from the first on.
func TestFewStreams(t *testing.T) {
	for _, streams := range []int{1, 10} {
		synctest.Test(t, func(t *testing.T) {
			listener := simulator.NewListener()
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(100 * time.Millisecond)
				_, _ = w.Write([]byte(`{"success":true,"result":{"id":"x","status":"success"}}`))
			}), HTTP2: &http.HTTP2Config{MaxConcurrentStreams: streams}, Protocols: &http.Protocols{}}
			server.Protocols.SetUnencryptedHTTP2(true)
			var served sync.WaitGroup
			served.Go(func() { _ = server.Serve(listener) })
			client, _ := clientOf(t, listener, true)
			for range 2 {
				began := time.Now()
				var wg sync.WaitGroup
				for i := range 40 {
					wg.Go(func() {
						var err error
						if i%4 == 0 {
							_, err = client.StartPolicyTest(t.Context(), simulator.AccountID, []json.RawMessage{json.RawMessage(`"abc"`)})
						} else {
							_, err = get(t.Context(), client)
						}
						if err != nil {
							t.Errorf("%d streams: %v after %v", streams, err, time.Since(began))
						}
					})
				}
				wg.Wait()
			}
			_ = server.Close()
			served.Wait()
		})
	}
}
