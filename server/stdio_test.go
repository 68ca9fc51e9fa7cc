package server

import (
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/mcp"

	"access-policy-mcp/cfapi/simulator"
)

// slow is a tool that takes d unless it is cancelled.
func slow(d time.Duration) func(context.Context) *mcp.CallToolResult {
	return func(ctx context.Context) *mcp.CallToolResult {
		select {
		case <-time.After(d):
			return mcp.NewToolResultText("done")
		case <-ctx.Done():
			return mcp.NewToolResultError("canceled")
		}
	}
}

func TestStdioAnswersAtEndOfInput(t *testing.T) {
	for name, input := range map[string]string{
		"terminated":        callOf("1", "slow") + "\n",
		"unterminated":      callOf("1", "slow"),
		"carriage returns":  callOf("1", "slow") + "\r\n\r\n",
		"blank lines":       "\n \n" + callOf("1", "slow") + "\n\n",
		"after a long line": strings.Repeat("x", maxLine+2) + "\n" + callOf("1", "slow"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newServerOf(fakeTool("slow", slow(time.Minute)))
				c := startStdio(t, s)
				go func() {
					_, _ = io.WriteString(c.in, input)
					_ = c.in.Close()
				}()
				var ids []string
				for _, a := range c.rest(t) {
					ids = append(ids, string(a.ID))
				}
				if !slices.Contains(ids, "1") {
					t.Errorf("the call was not answered, only %v", ids)
				}
			})
		})
	}
}

// TestStdioSlowCalls: 64 calls that take their time keep nothing else waiting.
func TestStdioSlowCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServerOf(fakeTool("slow", slow(time.Minute)))
		c := startStdio(t, s)
		for i := range 64 {
			c.send(t, callOf(strconv.Itoa(i), "slow"))
		}
		start := time.Now()
		c.send(t, pingMessage)
		if a, _ := c.next(t); string(a.ID) != `"ping"` || time.Since(start) != 0 {
			t.Errorf("after %v: %s", time.Since(start), a.ID)
		}
		if rest := c.end(t); len(rest) != 64 || time.Since(start) != time.Minute {
			t.Errorf("%d answers after %v", len(rest), time.Since(start))
		}
	})
}

func TestStdioCancelledCallStaysSilent(t *testing.T) {
	for _, id := range []string{`1`, `"1"`, `9007199254740993`, `1.0`} {
		t.Run(id, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				started, canceled := make(chan bool, 1), make(chan bool, 1)
				s, _ := newServerOf(fakeTool("slow", untilCanceled(started, canceled)))
				c := startStdio(t, s)
				c.send(t, callOf(id, "slow"))
				synctest.Wait()
				c.send(t,
					`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"another"}}`,
					`{"jsonrpc":"2.0","method":"notifications/cancelled","params":"nonsense"}`,
					`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":`+id+`}}`)
				<-canceled
				if rest := c.end(t); len(rest) != 0 {
					t.Errorf("answered: %+v", rest)
				}
			})
		})
	}
}

// TestStdioMessages: what comes back for each kind of line.
func TestStdioMessages(t *testing.T) {
	s, _ := newServer(t, simulator.New())
	for name, tt := range map[string]struct {
		line string
		id   string
		code int // of the error; 0 for a result
	}{
		"a request":            {pingMessage, `"ping"`, 0},
		"a large id":           {`{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}`, `9007199254740993`, 0},
		"a negative id":        {`{"jsonrpc":"2.0","id":-1,"method":"ping"}`, `-1`, 0},
		"a null id":            {`{"jsonrpc":"2.0","id":null,"method":"ping"}`, `null`, mcp.INVALID_REQUEST},
		"an object as id":      {`{"jsonrpc":"2.0","id":{},"method":"ping"}`, `null`, mcp.INVALID_REQUEST},
		"another version":      {`{"jsonrpc":"1.0","id":1,"method":"ping"}`, `1`, mcp.INVALID_REQUEST},
		"an unknown method":    {`{"jsonrpc":"2.0","id":1,"method":"nope"}`, `1`, mcp.METHOD_NOT_FOUND},
		"an unknown tool":      {callOf("1", "nope"), `1`, mcp.INVALID_PARAMS},
		"a batch":              {`[` + pingMessage + `]`, `null`, mcp.INVALID_REQUEST},
		"half a message":       {`{"jsonrpc":"2.0","id":1,`, `null`, mcp.PARSE_ERROR},
		"not JSON":             {`hello`, `null`, mcp.PARSE_ERROR},
		"invalid UTF-8":        {"\xff\xfe", `null`, mcp.PARSE_ERROR},
		"too long a line":      {strings.Repeat(" ", maxLine) + pingMessage, `null`, mcp.INVALID_REQUEST},
		"params of wrong type": {`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}`, `1`, mcp.INVALID_REQUEST},
	} {
		t.Run(name, func(t *testing.T) {
			c := startStdio(t, s)
			c.send(t, tt.line)
			a, _ := c.next(t)
			code := 0
			if a.Error != nil {
				code = a.Error.Code
			}
			if string(a.ID) != tt.id && !(tt.id == "null" && a.ID == nil) || code != tt.code {
				t.Errorf("id %s, error %+v", a.ID, a.Error)
			}
			c.send(t, pingMessage)
			if a, _ := c.next(t); string(a.ID) != `"ping"` {
				t.Errorf("not alive: %s", a.ID)
			}
			c.end(t)
		})
	}
}

func TestStdioIgnoresResponsesAndNotifications(t *testing.T) {
	s, _ := newServer(t, simulator.New())
	c := startStdio(t, s)
	c.send(t,
		`{"jsonrpc":"2.0","id":7,"result":{}}`,
		`{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"no"}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`{"jsonrpc":"2.0","method":"notifications/unheard-of"}`,
		pingMessage)
	if rest := c.end(t); len(rest) != 1 {
		t.Errorf("answers: %+v", rest)
	}
}

func TestStdioRefusesIDsInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServerOf(fakeTool("slow", slow(time.Second)))
		c := startStdio(t, s)
		c.send(t, callOf("1", "slow"), callOf("1", "slow"))
		if a, _ := c.next(t); a.Error == nil || a.Error.Code != mcp.INVALID_REQUEST {
			t.Errorf("%+v", a)
		}
		if rest := c.end(t); len(rest) != 1 || rest[0].Result == nil {
			t.Errorf("%+v", rest)
		}
	})
}

// TestStdioShutdown: calls that are running get their answer when the process is
// told to end, within limits.
func TestStdioShutdown(t *testing.T) {
	for name, tt := range map[string]struct {
		takes, ends time.Duration
		answers     int
	}{
		"in time":  {2 * time.Second, 2 * time.Second, 1},
		"too late": {time.Minute, stdioGrace, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newServerOf(fakeTool("slow", slow(tt.takes)))
				c := startStdio(t, s)
				c.send(t, callOf("1", "slow"))
				synctest.Wait()
				start := time.Now()
				c.cancel()
				answers := 0
				for _, ok := c.next(t); ok; _, ok = c.next(t) {
					answers++
				}
				if answers != tt.answers || time.Since(start) != tt.ends {
					t.Errorf("%d answers, ended after %v", answers, time.Since(start))
				}
				if err := <-c.ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestEachLine(t *testing.T) {
	for name, tt := range map[string]struct {
		input string
		want  []string
	}{
		"nothing":              {"", nil},
		"lines":                {"a\nb\n", []string{"a", "b"}},
		"unterminated":         {"a\nb", []string{"a", "b"}},
		"blank":                {"\n \r\n\t\n", nil},
		"of the limit":         {strings.Repeat("a", 10) + "\nb", []string{"aaaaaaaaaa", "b"}},
		"over the limit":       {strings.Repeat("a", 11) + "\nb", []string{"too long", "b"}},
		"over, unterminated":   {strings.Repeat("a", 11), []string{"too long"}},
		"over by many buffers": {strings.Repeat("a", 1<<20) + "\nb\n", []string{"too long", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			err := eachLine(strings.NewReader(tt.input), 10,
				func(line []byte) { got = append(got, string(line)) },
				func() { got = append(got, "too long") })
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("error %v, lines (-want +got):\n%s", err, diff)
			}
		})
	}
	broken := errors.New("broken")
	if err := eachLine(iotest.ErrReader(broken), 10, nil, nil); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// TestLongLinesAreNotKept: what is refused must not have been held in memory.
func TestLongLinesAreNotKept(t *testing.T) {
	const length = 256 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := eachLine(io.LimitReader(zeros{}, length), maxLine, func([]byte) { t.Error("handled") }, func() {})
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; err != nil || allocated > length/8 {
		t.Errorf("error %v, %d MiB allocated", err, allocated>>20)
	}
}

// zeros is an endless line.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
