package server

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi/simulator"
)

// progressMessage is what a waiting client receives.
type progressMessage struct {
	at     time.Time
	Method string
	Params struct {
		Token    json.RawMessage `json:"progressToken"`
		Progress float64
		Total    float64
		Message  string
	}
	Result *struct {
		StructuredContent struct{ Finished bool }
	}
}

// waitMessage is a call that waits.
func waitMessage(seconds, token string) string {
	return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_access_policy_test","arguments":{"policy_test_id":"` +
		simulator.PolicyTestID + `","wait_seconds":` + seconds + `},"_meta":{"progressToken":` + token + `}}}`
}

// listeners send a call and pass on all that comes back, up to the answer.
var listeners = map[string]func(*testing.T, *Server, string, func(string)){
	"stdio": func(t *testing.T, s *Server, message string, receive func(string)) {
		c := startStdio(t, s)
		c.send(t, message)
		for {
			var raw json.RawMessage
			if err := c.out.Decode(&raw); err != nil {
				t.Fatal(err)
			}
			receive(string(raw))
			if !strings.Contains(string(raw), `"notifications/progress"`) {
				c.end(t)
				return
			}
		}
	},
	"http": func(t *testing.T, s *Server, message string, receive func(string)) {
		client, shutdown, ended := startHTTP(t, s)
		defer end(t, shutdown, ended)
		resp, err := client.Do(newPost(t.Context(), t, "/mcp", message))
		if err != nil {
			t.Fatal(err)
		}
		events := newSSEReader(resp.Body)
		defer resp.Body.Close()
		for data := events.next(); data != ""; data = events.next() {
			receive(data)
		}
	},
	"sse": func(t *testing.T, s *Server, message string, receive func(string)) {
		client, shutdown, ended := startHTTP(t, s)
		defer end(t, shutdown, ended)
		c := openSSE(t, client)
		defer c.close()
		start(client, newPost(t.Context(), t, c.endpoint, message))
		for {
			data := c.next()
			receive(data)
			if !strings.Contains(data, `"notifications/progress"`) {
				return
			}
		}
	},
}

func TestProgress(t *testing.T) {
	for transport, listen := range listeners {
		for name, tt := range map[string]struct {
			token  string
			faults func(int) simulator.Fault
			wait   string
		}{
			"string token":  {`"3c1f-token"`, nil, "45"},
			"integer token": {`7`, nil, "45"},
			"standstill":    {`0`, simulator.Always(simulator.Fault{Status: 200, Body: `{"success":true,"result":{"status":"processing","percent_users_processed":100}}`}), "300"},
			"time up":       {`"x"`, nil, "3"},
		} {
			t.Run(transport+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sim := simulator.New()
					sim.SetFaults(tt.faults)
					s, _ := newServer(t, sim)
					var messages []progressMessage
					listen(t, s, waitMessage(tt.wait, tt.token), func(data string) {
						m := progressMessage{at: time.Now()}
						if err := json.Unmarshal([]byte(data), &m); err != nil {
							t.Fatalf("%v: %s", err, data)
						}
						messages = append(messages, m)
					})
					checkProgress(t, messages, tt.token)
				})
			})
		}
	}
}

// checkProgress: strictly increasing, at least every 15 s, and then the result,
// not just after the last one.
func checkProgress(t *testing.T, messages []progressMessage, token string) {
	t.Helper()
	if len(messages) < 3 {
		t.Fatalf("%d messages", len(messages))
	}
	progress, result := messages[:len(messages)-1], messages[len(messages)-1]
	last := -1.0
	for i, m := range progress {
		if m.Method != "notifications/progress" || string(m.Params.Token) != token || m.Params.Total != 100 || m.Params.Message == "" {
			t.Errorf("message %d: %+v", i, m)
		}
		if m.Params.Progress <= last || m.Params.Progress > 100 {
			t.Errorf("message %d: %v after %v", i, m.Params.Progress, last)
		}
		last = m.Params.Progress
		if gap := messages[i+1].at.Sub(m.at); gap > 15*time.Second {
			t.Errorf("nothing for %v", gap)
		}
	}
	if result.Result == nil {
		t.Fatal("no result")
	}
	if gap := result.at.Sub(progress[len(progress)-1].at); gap < time.Second/2 {
		t.Errorf("the last one came %v before the result", gap)
	}
}

// TestNoProgressUnasked: a client without a token gets an answer and nothing else.
func TestNoProgressUnasked(t *testing.T) {
	for transport, listen := range listeners {
		if transport == "http" {
			continue // the answer is no event stream then; see TestWaitOverHTTP
		}
		t.Run(transport, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newServer(t, simulator.New())
				n := 0
				listen(t, s, strings.Replace(waitMessage("45", "1"), `,"_meta":{"progressToken":1}`, "", 1), func(string) { n++ })
				if n != 1 {
					t.Errorf("%d messages", n)
				}
			})
		})
	}
}

func TestWaitOverHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServer(t, simulator.New())
		client, shutdown, ended := startHTTP(t, s)
		resp, body := do(t, client, newPost(t.Context(), t, "/mcp", strings.Replace(waitMessage("45", "1"), `,"_meta":{"progressToken":1}`, "", 1)))
		if resp.Header.Get("Content-Type") != "application/json" || !strings.Contains(body, `"finished":true`) {
			t.Errorf("%v: %s", resp.Header, body)
		}
		end(t, shutdown, ended)
	})
}

// TestShutdownDrains: waits answer with what they have, on every transport.
func TestShutdownDrains(t *testing.T) {
	t.Run("stdio", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, _ := newServer(t, simulator.New())
			c := startStdio(t, s)
			c.send(t, waitMessage("45", "1"))
			go func() {
				time.Sleep(2500 * time.Millisecond)
				c.cancel()
			}()
			rest := c.rest(t)
			if last := rest[len(rest)-1]; !strings.Contains(string(last.Result), `"finished":false`) {
				t.Errorf("%s", last.Result)
			}
		})
	})
	for _, path := range []string{"/mcp", "/sse"} {
		t.Run(path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newServer(t, simulator.New())
				client, shutdown, ended := startHTTP(t, s)
				go func() {
					time.Sleep(2500 * time.Millisecond)
					shutdown()
				}()
				began := time.Now()
				var answer string
				if path == "/mcp" {
					_, answer = do(t, client, newPost(t.Context(), t, path, waitMessage("45", "1")))
				} else {
					c := openSSE(t, client)
					defer c.close()
					start(client, newPost(t.Context(), t, c.endpoint, waitMessage("45", "1")))
					for data := c.next(); data != ""; data = c.next() {
						answer = data
					}
				}
				if !strings.Contains(answer, `"finished":false`) {
					t.Errorf("%s", answer)
				}
				if err := <-ended; err != nil {
					t.Error(err)
				}
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}
