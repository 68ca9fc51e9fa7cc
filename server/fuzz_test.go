package server

import (
	"bytes"
	"encoding/json"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"access-policy-mcp/cfapi/simulator"
)

// FuzzLines: whatever the bytes and however they arrive, every line that is not
// blank is handled once and in order, one that is too long is reported instead,
// and of such a line nothing is kept.
func FuzzLines(f *testing.F) {
	for _, input := range []string{
		"", "\n", "a", "a\n", "\r\n", " \t\n\n", "one\ntwo\r\n three \n", "0123456789\n", "0123456789\r\n", "01234567890\n", "0123456789",
		strings.Repeat(" ", 12) + "\nb", "\x00\n\xff\xfe\n\u2028\n", strings.Repeat("ab\n", 100),
	} {
		f.Add([]byte(input), []byte{0}, uint16(10), false)
		f.Add([]byte(input), []byte{0, 3, 255}, uint16(2), true)
	}
	f.Fuzz(func(t *testing.T, input, chunks []byte, limit uint16, stretch bool) {
		kept := len(input)
		if stretch {
			// A line that is much longer than any buffer, in the middle of it all.
			input = slices.Insert(slices.Clone(input), len(input)/2, bytes.Repeat([]byte("x"), 1<<20)...)
		}
		const tooLong = "\n" // which no line contains
		var want []string
		for line := range strings.SplitSeq(string(input), "\n") {
			switch {
			case len(line) > int(limit):
				want = append(want, tooLong)
			case strings.TrimSpace(line) != "":
				want = append(want, strings.TrimSpace(line))
			}
		}
		var got []string
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := eachLine(&chunked{data: input, sizes: chunks}, int(limit),
			func(line []byte) { got = append(got, string(line)) },
			func() { got = append(got, tooLong) })
		runtime.ReadMemStats(&after)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("error %v, lines %.1000q, want %.1000q", err, got, want)
		}
		// Half of the long line would be more than the buffers and the lines that
		// are handled, with room to grow.
		if allocated := int(after.TotalAlloc - before.TotalAlloc); allocated > 512<<10+64*kept {
			t.Errorf("%d bytes allocated for %d", allocated, kept)
		}
	})
}

// chunked reads data in chunks of the given sizes, over and over. After chunks of
// an odd size the end comes together with the last bytes, otherwise on its own.
type chunked struct {
	data, sizes []byte
	reads       int
}

func (c *chunked) Read(p []byte) (int, error) {
	if len(c.sizes) > 0 {
		p = p[:min(len(p), 1+int(c.sizes[c.reads%len(c.sizes)]))]
		c.reads++
	}
	n := copy(p, c.data)
	c.data = c.data[n:]
	if len(c.data) == 0 && (n == 0 || n%2 == 1) {
		return n, io.EOF
	}
	return n, nil
}

// FuzzMessage: whatever a line says, the server survives it, gives at most one
// answer to it, and answers the ping that follows.
func FuzzMessage(f *testing.F) {
	for _, line := range []string{
		"", "x", "null", "[]", "{}", `"ping"`, "\xff", `{"jsonrpc":"2.0"}`, `{"jsonrpc":"2.0","id":1}`, `{"jsonrpc":"2.0","id":1,"result":{}}`,
		`{"jsonrpc":"2.0","id":null,"method":"ping"}`, `{"jsonrpc":"2.0","id":1.5e3,"method":"ping"}`, `{"jsonrpc":"2.0","id":"<\u0000>","method":"ping"}`,
		`{"jsonrpc":"2.0","id":9007199254740993,"method":"nope","params":[]}`, `[` + pingMessage + `]`, `{"id":1,"id":2,"method":"ping"}`,
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}}`, `{"jsonrpc":"2.0","id":1,"method":"resources/templates/list"}`,
		`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"access-policy-test://` + simulator.AccountID + `/` + simulator.DocumentedID + `"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"access-policy-test://%2e%2e/%00"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"review_access_policy_test","arguments":{"policy_test_id":"%s"}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"x"},"argument":{"name":"a","value":""}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"debug"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_access_policy_test","arguments":{"policy_test_id":"` + simulator.PolicyTestID + `","wait_seconds":600},"_meta":{"progressToken":1}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_access_policy_test_users","arguments":{"policy_test_id":"` + simulator.DocumentedID + `","page":1e0}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"start_access_policy_test","arguments":{"policies":["a"],"wait_seconds":10}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_access_policy_test","arguments":[]}}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, `{"jsonrpc":"2.0","method":"notifications/initialized"}`,
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.Contains(line, "\n") {
			t.Skip("more than one line")
		}
		ping := "ping"
		for strings.Contains(line, ping) {
			ping += "!" // an ID that the line does not use
		}
		synctest.Test(t, func(t *testing.T) {
			s, log := newServer(t, simulator.New())
			c := startStdio(t, s)
			go func() {
				_, _ = io.WriteString(c.in, line+"\n"+`{"jsonrpc":"2.0","id":"`+ping+`","method":"ping"}`+"\n")
				_ = c.in.Close()
			}()
			pings, answers := 0, 0
			for {
				var message json.RawMessage
				if err := c.out.Decode(&message); err == io.EOF {
					break
				} else if err != nil {
					t.Fatalf("not JSON: %v", err)
				}
				switch id, isAnswer := checkMessage(t, message); {
				case isAnswer && id == `"`+ping+`"`:
					pings++
				case isAnswer:
					answers++
				}
			}
			if err := <-c.ended; err != nil {
				t.Error(err)
			}
			if pings != 1 || answers > 1 {
				t.Errorf("%d answers to the ping, %d to %q", pings, answers, line)
			}
			if strings.Contains(log.String(), "panic") {
				t.Errorf("log: %s", log)
			}
		})
	})
}

// checkMessage checks that a message is one of JSON-RPC, and returns the ID if it
// is an answer.
func checkMessage(t *testing.T, data []byte) (id string, isAnswer bool) {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal(data, &m); err != nil || string(m["jsonrpc"]) != `"2.0"` {
		t.Fatalf("not a JSON-RPC message: %s", data)
	}
	_, hasResult := m["result"]
	_, hasError := m["error"]
	_, hasID := m["id"]
	_, hasMethod := m["method"]
	if hasMethod == (hasResult || hasError) || hasResult && hasError || hasID == hasMethod {
		t.Errorf("neither an answer nor a notification: %s", data)
	}
	return string(m["id"]), !hasMethod
}
