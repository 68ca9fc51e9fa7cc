package server

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestUnreadAnswersCount: a client that does not read its answers over stdio cannot pile
// up more of them than it may have requests.
func TestUnreadAnswersCount(t *testing.T) {
	for name, message := range map[string]string{
		"answers":  `{"jsonrpc":"2.0","id":%d,"method":"ping"}`,
		"refusals": `{"jsonrpc":"1.0","id":%d,"method":"ping"}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newServerOf()
				read := make(chan struct{}) // closed once the client reads
				var answers atomic.Int32
				c := newConnection(s, "unread", func([]byte) error {
					<-read
					answers.Add(1)
					return nil
				})
				go func() {
					for i := range 5 * maxRequests {
						c.receive(t.Context(), fmt.Appendf(nil, message, i))
					}
				}()
				synctest.Wait()
				c.mu.Lock()
				if waiting := len(c.requests) + c.unwritten + len(c.refusing); waiting > maxRequests+maxRefusals {
					t.Errorf("%d wait", waiting)
				}
				c.mu.Unlock()
				close(read)
				synctest.Wait()
				if n := answers.Load(); n != 5*maxRequests {
					t.Errorf("%d answers", n)
				}
			})
		})
	}
}

// TestCancellingMakesRoom at once, also for a request with the same ID.
func TestCancellingMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServerOf(fakeTool("slow", slow(time.Hour)))
		answers := make(chan string, maxRequests+2)
		c := newConnection(s, "full", func(message []byte) error { answers <- string(message); return nil })
		for i := range maxRequests {
			c.receive(t.Context(), []byte(callOf(fmt.Sprint(i), "slow")))
		}
		c.receive(t.Context(), []byte(cancelOf("7")))
		c.receive(t.Context(), []byte(strings.Replace(pingMessage, `"ping"`, "7", 1)))
		if answer := <-answers; !strings.Contains(answer, `"id":7,"result":{}`) {
			t.Error(answer)
		}
		c.end()
		<-c.idle()
	})
}

// TestUnreadResponses: a client that does not read what /mcp answers loses its
// connection.
func TestUnreadResponses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServerOf()
		client, shutdown, ended := startHTTP(t, s)
		conn, err := client.Transport.(*http.Transport).DialContext(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(conn, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(pingMessage), pingMessage); err != nil {
			t.Fatal(err)
		}
		time.Sleep(responseTimeout + time.Second)
		synctest.Wait()
		if left := s.slots.left.Load(); left != maxCalls {
			t.Errorf("%d calls are still counted", maxCalls-left)
		}
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); err == nil {
			t.Error("the connection is still open")
		}
		end(t, shutdown, ended)
	})
}
