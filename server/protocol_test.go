package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"access-policy-mcp/cfapi/simulator"
)

// exactIDs are IDs that a number or a text of Go would not give back as they are.
var exactIDs = []string{
	`9007199254740993`, `-9007199254740993`, `12345678901234567890123`, `1.0`, `1E2`, `-0`, `0.1000`, `1e999`,
	`"\u0041<&>\/\u2028"`, `""`, `"` + "é\u2028" + `"`, `"ping"`,
}

// TestIDsComeBack: request IDs come back as they were sent, over every transport.
func TestIDsComeBack(t *testing.T) {
	for transport, play := range players {
		t.Run(transport, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var messages []string
				for _, id := range exactIDs {
					messages = append(messages, `{"jsonrpc":"2.0","id":`+id+`,"method":"ping"}`, `{"jsonrpc":"2.0","id":`+id+`,"method":"nope"}`, callOf(id, "nope"))
				}
				s, _ := newServer(t, simulator.New())
				for i, answer := range strings.Split(strings.TrimSpace(play(t, s, messages)), "\n") {
					if want := `"id":` + exactIDs[i/3] + `,`; !strings.Contains(answer, want) {
						t.Errorf("%s, not %s", answer, want)
					}
				}
			})
		})
	}
}

// TestSubscriptionIDs: so does the ID by which a subscription is named.
func TestSubscriptionIDs(t *testing.T) {
	const id = `9007199254740993`
	message := `{"jsonrpc":"2.0","id":` + id + `,"method":"subscriptions/listen","params":{"notifications":{},"_meta":{
		"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
	message = strings.Join(strings.Fields(message), "")
	s, _ := newServer(t, simulator.New())
	c := startStdio(t, s)
	c.send(t, message)
	for range 2 {
		var raw json.RawMessage
		if err := c.out.Decode(&raw); err != nil || !strings.Contains(string(raw), `"io.modelcontextprotocol/subscriptionId":`+id) {
			t.Errorf("error %v: %s", err, raw)
		}
	}
	c.end(t)
	if got := playHTTP(t, s, []string{message}); strings.Count(got, `"io.modelcontextprotocol/subscriptionId":`+id) != 2 {
		t.Errorf("%s", got)
	}
}

// TestTokensComeBack: progress tokens come back as they were sent, over every transport.
func TestTokensComeBack(t *testing.T) {
	for transport, listen := range listeners {
		for _, token := range exactIDs {
			t.Run(transport+"/"+token, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, _ := newServer(t, simulator.New())
					reports := 0
					listen(t, s, waitMessage("3", token), func(data string) {
						if strings.Contains(data, `"progressToken":`+token+`,`) || strings.Contains(data, `"progressToken":`+token+`}`) {
							reports++
						} else if strings.Contains(data, "progressToken") {
							t.Errorf("%s", data)
						}
					})
					if reports == 0 {
						t.Error("no report")
					}
				})
			})
		}
	}
}

// TestMalformedMessages: what is no message gets the same answer over every transport.
func TestMalformedMessages(t *testing.T) {
	for name, tt := range map[string]struct{ message, id, code string }{
		"null id":          {`{"jsonrpc":"2.0","id":null,"method":"ping"}`, `null`, "-32600"},
		"only a null id":   {`{"jsonrpc":"2.0","id":null}`, `null`, "-32600"},
		"object as id":     {`{"jsonrpc":"2.0","id":{},"method":"ping"}`, `null`, "-32600"},
		"true as id":       {`{"jsonrpc":"2.0","id":true,"method":"ping"}`, `null`, "-32600"},
		"no method":        {`{"jsonrpc":"2.0","id":7}`, `7`, "-32600"},
		"empty method":     {`{"jsonrpc":"2.0","id":7,"method":""}`, `7`, "-32600"},
		"null method":      {`{"jsonrpc":"2.0","id":7,"method":null}`, `7`, "-32600"},
		"number as method": {`{"jsonrpc":"2.0","id":7,"method":5}`, `7`, "-32600"},
		"list as method":   {`{"jsonrpc":"2.0","id":7,"method":["ping"]}`, `7`, "-32600"},
		"METHOD":           {`{"jsonrpc":"2.0","id":7,"METHOD":"ping"}`, `7`, "-32600"},
		"nothing":          {`{}`, `null`, "-32600"},
		"null":             {`null`, `null`, "-32600"},
		"text":             {`"ping"`, `null`, "-32600"},
		"number":           {`7`, `null`, "-32600"},
		"no version":       {`{"id":7,"method":"ping"}`, `7`, "-32600"},
		"another version":  {`{"jsonrpc":"1.0","id":7,"method":"ping"}`, `7`, "-32600"},
		"version 2":        {`{"jsonrpc":2.0,"id":7,"method":"ping"}`, `7`, "-32600"},
		"half a message":   {`{"jsonrpc":"2.0","id":7,`, `null`, "-32700"},
		"two messages":     {pingMessage + pingMessage, `null`, "-32700"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newServer(t, simulator.New())
				answers := exchangeOverAll(t, s, tt.message, "")
				for transport, got := range answers {
					if !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":`+tt.id+`,"error":{"code":`+tt.code+`,`) || got != answers["stdio"] {
						t.Errorf("%s: %s", transport, got)
					}
				}
			})
		})
	}
}

// exchangeOverAll sends a message over each transport, after an initialize of that
// revision if there is one, and returns the answers; "" if there is none.
func exchangeOverAll(t *testing.T, s *Server, message, revision string) map[string]string {
	t.Helper()
	initialize := `{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"` + revision + `","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}`
	answers := map[string]string{}
	for _, transport := range []string{"stdio", "sse"} {
		send, next, stop := openConnection(t, s, transport)
		if revision != "" {
			send(initialize)
			next()
		}
		send(message)
		synctest.Wait()
		send(`{"jsonrpc":"2.0","id":"last","method":"ping"}`)
		first, second := next(), ""
		if first == `{"jsonrpc":"2.0","id":"last","result":{}}` {
			first = ""
		} else {
			second = next()
		}
		if second == "" && first != "" {
			t.Errorf("%s: no answer to the last message", transport)
		}
		if strings.Contains(first, `"last"`) {
			first = second
		}
		answers[transport] = first
		stop()
	}
	client, shutdown, ended := startHTTP(t, s)
	req := newPost(t.Context(), t, "/mcp", message)
	if revision != "" {
		req.Header.Set("Mcp-Protocol-Version", revision)
	}
	resp, body := do(t, client, req)
	answers["http"] = strings.TrimSpace(body)
	want := http.StatusAccepted
	if strings.HasPrefix(answers["stdio"], `{"jsonrpc":"2.0","id":`) && strings.Contains(answers["stdio"], `"error"`) {
		want = http.StatusBadRequest
	} else if answers["stdio"] != "" {
		want = http.StatusOK
	}
	if resp.StatusCode != want {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
	end(t, shutdown, ended)
	return answers
}

// TestResponses: this server asks nothing, so responses are accepted and ignored.
func TestResponses(t *testing.T) {
	for _, message := range []string{`{"jsonrpc":"2.0","id":7,"result":{}}`, `{"jsonrpc":"2.0","id":7,"result":{"a":1}}`, `{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"no"}}`} {
		synctest.Test(t, func(t *testing.T) {
			s, _ := newServer(t, simulator.New())
			for transport, got := range exchangeOverAll(t, s, message, "") {
				if got != "" {
					t.Errorf("%s: %s", transport, got)
				}
			}
		})
	}
}
