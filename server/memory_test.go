package server

import (
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"access-policy-mcp/cfapi/simulator"
)

// TestWaitingCallsKeepLittle: what a waiting call keeps in memory does not depend on the
// length of its message.
func TestWaitingCallsKeepLittle(t *testing.T) {
	const calls = 4
	junk := `[` + strings.Repeat(`{},`, 100_000) + `{}]`
	little := `[` + strings.Repeat(`{},`, 20_000) + `{}]`
	wait := func(arguments, meta, params, rest string) string {
		return `{"jsonrpc":"2.0","id":%d` + rest + `,"method":"tools/call","params":{"name":"get_access_policy_test","arguments":{` + arguments +
			`"account_id":"` + simulator.AccountID + `","policy_test_id":"` + simulator.PolicyTestID + `","wait_seconds":600},"_meta":{"a":1` + meta + `}` + params + `}}`
	}
	small := map[string]int{}
	for transport, open := range waiters {
		small[transport] = keptBy(t, open, calls, wait("", "", "", ""))
	}
	for name, message := range map[string]string{
		"white space":           strings.ReplaceAll(wait("", "", "", ""), ",", strings.Repeat(" ", 30_000)+","),
		"unknown field":         wait("", "", "", `,"junk":`+junk),
		"response besides":      wait("", "", "", `,"result":`+junk),
		"repeated argument":     wait(`"account_id":`+junk+`,`, "", "", ""),
		"padded argument":       wait(`"account_id":"`+strings.Repeat(" ", 300_000)+`",`, "", "", ""),
		"metadata":              wait("", `,"junk":`+little, "", ""),
		"parameters":            wait("", "", `,"junk":`+little, ""),
		"input responses":       wait("", "", `,"inputResponses":{"a":`+little+`}`, ""),
		"metadata in any case":  wait("", "", `,"_META":{"junk":`+little+`}`, ""),
		"arguments in any case": wait("", "", `,"Arguments":{"junk":`+little+`}`, ""),
	} {
		for transport, open := range waiters {
			if transport == "sse" && name != "metadata" {
				continue // it shares all this with stdio
			}
			t.Run(transport+"/"+name, func(t *testing.T) {
				if large := keptBy(t, open, calls, message); large-small[transport] > 100_000 {
					t.Errorf("%d KB a call, but %d KB with a small message", large/1000, small[transport]/1000)
				}
			})
		}
	}
}

// TestRefusedMetadataCostsLittle: nothing is decoded of what is too long.
func TestRefusedMetadataCostsLittle(t *testing.T) {
	s, _ := newServer(t, simulator.New())
	for _, tool := range []string{"get_access_policy_test", "unknown"} {
		message := []byte(callWith(`"name":"` + tool + `","_meta":{"a":[` + strings.Repeat(`{"":0},`, 150_000) + `0]}`))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, f := s.parse(message, nil); f == nil {
			t.Error("the message is taken")
		}
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 8<<20 {
			t.Errorf("%d bytes allocated for a message of %d", allocated, len(message))
		}
	}
}

// TestRefusalsKeepNothing: what is kept to refuse a message is no part of it.
func TestRefusalsKeepNothing(t *testing.T) {
	s, _ := newServer(t, simulator.New())
	for _, message := range []string{
		`{"jsonrpc":"1.0","id":"x","method":"ping"}`,
		`{"jsonrpc":"2.0","id":"x","method":"ping","params":{"a":"` + strings.Repeat("a", 70<<10) + `"}}`,
	} {
		data := []byte(message)
		_, f := s.parse(data, nil)
		clear(data)
		if f == nil || string(f.id) != `"x"` {
			t.Errorf("%+v for %.50s", f, message)
		}
	}
}

// keptBy is the memory that a waiting call takes, in bytes.
func keptBy(t *testing.T, open func(*testing.T, *Server) (send func(string), stop func()), calls int, message string) (bytes int) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServer(t, simulator.New())
		send, stop := open(t, s)
		before := heap()
		for i := range calls {
			send(fmt.Sprintf(message, i))
		}
		synctest.Wait()
		if running := s.calls.running; running != calls {
			t.Errorf("%d calls wait", running)
		}
		bytes = (heap() - before) / calls
		stop()
	})
	return bytes
}

func heap() int {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

// waiters open a connection of each transport on which calls can be sent that nobody
// waits for.
var waiters = map[string]func(*testing.T, *Server) (send func(string), stop func()){
	"stdio": func(t *testing.T, s *Server) (func(string), func()) {
		c := startStdio(t, s)
		return func(message string) { c.send(t, message) }, func() {
			c.cancel()
			c.rest(t)
		}
	},
	"http": func(t *testing.T, s *Server) (func(string), func()) {
		client, shutdown, ended := startHTTP(t, s)
		var conns []net.Conn
		// A client that does not keep what it has sent.
		return func(message string) {
				conn, err := client.Transport.(*http.Transport).DialContext(t.Context(), "", "")
				if err != nil {
					t.Fatal(err)
				}
				conns = append(conns, conn)
				_, _ = fmt.Fprintf(conn, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(message), message)
			}, func() {
				for _, conn := range conns {
					_ = conn.Close()
				}
				end(t, shutdown, ended)
			}
	},
	"sse": func(t *testing.T, s *Server) (func(string), func()) {
		client, shutdown, ended := startHTTP(t, s)
		c := openSSE(t, client)
		return func(message string) { do(t, client, newPost(t.Context(), t, c.endpoint, message)) }, func() {
			c.close()
			end(t, shutdown, ended)
		}
	},
}

// TestEnvelopeLimit: what a message has besides arguments is bounded.
func TestEnvelopeLimit(t *testing.T) {
	long := strings.Repeat("x", maxEnvelope)
	for name, tt := range map[string]struct{ message, want string }{
		"metadata":       {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{},"_meta":{"a":"` + long + `"}}}`, `"id":1,"error":{"code":-32602,"message":"params must not be longer than 64 KiB`},
		"parameters":     {`{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"x","arguments":{"a":"` + long + `"}}}`, `"id":1,"error":{"code":-32602`},
		"progress token": {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","_meta":{"progressToken":"` + long + `"}}}`, `"id":1,"error":{"code":-32602`},
		"id":             {`{"jsonrpc":"2.0","id":"` + long + `","method":"ping"}`, `"id":null,"error":{"code":-32600`},
		"initialize":     {`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a","version":"1","icons":[{"src":"data:` + long + `"}]}}}`, `"id":1,"result":{"protocolVersion":"2025-11-25"`},
	} {
		for transport, play := range players {
			t.Run(transport+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, _ := newServer(t, simulator.New())
					if got := play(t, s, []string{tt.message}); !strings.Contains(got, tt.want) {
						t.Errorf("answer %.300s", got)
					}
				})
			})
		}
	}
}
