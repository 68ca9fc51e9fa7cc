package server

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/tools"
	"access-policy-mcp/tools/typed"
)

const (
	modernVersion = mcp.ProtocolVersion20260728
	modernMeta    = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"}`
)

// dispatched is a message and the part of its HTTP header that counts.
type dispatched struct{ message, version, method, name, lastEventID string }

func callWith(params string) string {
	return `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{` + params + `}}`
}

// Calls that are in order over HTTP, and others.
var straightCalls = []dispatched{
	{message: callOf("1", "echo")},
	{message: callOf(`"<\u00e9\ud83d\ude00>"`, "fail"), version: mcp.ProtocolVersion20251125},
	{message: callWith(`"name":"echo"`), version: mcp.ProtocolVersion20250326, lastEventID: "1"},
	{message: callWith(`"name":"fail","arguments":null,"_meta":null`), name: "another"},
	{message: callWith(`"arguments":[1,{"a":"\u2028<b>"}],"name":"\u0065cho"`)},
	{message: callWith(`"name":"progress","arguments":{"a" : 1e400},"_meta":{"progressToken":9007199254740993}`)},
	{message: callWith(`"name":"progress","_meta":{"progressToken":"<\u2028>","traceparent":"00-1","vendor":{"a":[1,true]}}`)},
	{message: callWith(`"name":"progress","_meta":{"progressToken":null,"io.modelcontextprotocol/protocolVersion":"2025-06-18"}`)},
	{message: callWith(`"name":"echo",` + modernMeta + `}`), version: modernVersion, method: "tools/call", name: "echo"},
	{message: callWith(`"name":"fail",` + modernMeta + `,"progressToken":1}`), version: modernVersion, method: "tools/call", name: "fail"},
	{message: callWith(`"name":"progress",` + modernMeta + `,"progressToken":-0.5}`), version: modernVersion, method: "tools/call", name: "progress"},
}

var otherCalls = []dispatched{
	{message: callOf("1", "unknown")},
	{message: callOf("1", "echo"), version: "2020-01-01"},
	{message: callOf("1", "echo"), version: modernVersion, method: "tools/call", name: "echo"},
	{message: callWith(`"name":"echo","arguments":{},"task":{}`)},
	{message: callWith(`"name":"echo","arguments":{},"task":1`)},
	{message: callWith(`"name":"echo","inputResponses":{"a":{"method":"roots/list"}},"requestState":1`)},
	{message: callWith(`"NAME":"echo"`)},
	{message: callWith(`"name":"echo","Name":"fail"`)},
	{message: callWith(`"name":"echo","name":"fail"`)},
	{message: callWith(`"name":5`)},
	{message: callWith(`"name":"echo","_META":{"progressToken":1}`)},
	{message: callWith(`"name":"progress","_meta":{"progressToken":1,"progressToken":2}`)},
	{message: callWith(`"name":"echo","_meta":[]`)},
	{message: callWith(`"name":"echo","_meta":{"vendor":1e400}`)},
	{message: callWith(`"name":"echo","_meta":{"io.modelcontextprotocol/protocolVersion":1}`)},
	{message: callWith(`"name":"echo","_meta":{"io.modelcontextprotocol/clientCapabilities":{"x":1e400}}`)},
	{message: callWith(`"name":"echo","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"x":1e400}}`), version: modernVersion, method: "tools/call", name: "echo"},
	{message: strings.Replace(callWith(`"name":"echo","_meta":{"v":"`+strings.Repeat("v", 40<<10)+`"}`), `"id":7`, `"id":"`+strings.Repeat("i", 40<<10)+`"`, 1)},
	{message: callWith(`"name":"echo","_meta":{"io.modelcontextprotocol/protocolVersion":"2027-01-01","io.modelcontextprotocol/clientCapabilities":{}}`), version: "2027-01-01", method: "tools/call", name: "echo"},
	{message: callWith(`"name":"echo","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}`), version: modernVersion, method: "tools/call", name: "echo"},
	{message: callWith(`"name":"echo","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"roots":1}}`), version: modernVersion, method: "tools/call", name: "echo"},
	{message: callWith(`"name":"echo",` + modernMeta + `}`)},
	{message: callWith(`"name":"echo",` + modernMeta + `}`), version: modernVersion},
	{message: callWith(`"name":"echo",` + modernMeta + `}`), version: modernVersion, method: "tools/call", name: "fail"},
	{message: callWith(`"name":"echo",` + modernMeta + `}`), version: modernVersion, method: "tools/call", name: "echo", lastEventID: "1"},
	{message: `{"jsonrpc":"2.0","id":7,"method":"tools/call"}`},
	{message: `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":null}`},
	{message: `{"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo"}}`},
	{message: `[` + callOf("1", "echo") + `,` + callOf("2", "fail") + `,` + pingMessage + `]`},
}

func (d dispatched) header() http.Header {
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}}
	for name, value := range map[string]string{
		mcp.HeaderProtocolVersion: d.version, mcp.HeaderMethod: d.method, mcp.HeaderName: d.name, mcp.HeaderLastEventID: d.lastEventID,
	} {
		if value != "" {
			header.Set(name, value)
		}
	}
	return header
}

// newDispatchServer has tools whose results have all that results can have.
func newDispatchServer() *Server {
	echo := fakeFailingTool("echo", func(_ context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		result := mcp.NewToolResultText("<&>\u2028\x7f\x01\t\r\n\"\\\xff é " + string(r.Params.RawArguments))
		if r.Params.RawArguments != nil {
			result.StructuredContent = r.Params.RawArguments
		}
		return result, nil
	})
	fail := fakeTool("fail", func(context.Context) *mcp.CallToolResult {
		result := mcp.NewToolResultError("<failed>")
		result.Content = append(result.Content, mcp.NewImageContent("aGk=", "image/png"))
		result.StructuredContent = map[string]any{"b": "<", "a": 1}
		result.Meta = &mcp.Meta{AdditionalFields: map[string]any{"z": []int{1}, "a": "<"}}
		return result
	})
	progress := typed.Tool[struct{}, struct{}]{
		Name: "progress",
		Call: func(ctx context.Context, _ struct{}) (struct{}, error) {
			if report := typed.Progress(ctx); report != nil {
				report(nil, "<first>")
				report(new(50.5), "second")
			}
			return struct{}{}, nil
		},
		Summary: func(struct{}) string { return "done" },
	}.ServerTool(typed.Options{Fail: func(_ context.Context, err error) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultError(err.Error()), nil
	}})
	s, _ := newServerWith(Config{Catalog: tools.Catalog{Tools: []server.ServerTool{echo, fail, progress}}})
	return s
}

// TestDispatch: what is in order goes the straight way, and nothing else.
func TestDispatch(t *testing.T) {
	s := newDispatchServer()
	for want, calls := range map[bool][]dispatched{true: straightCalls, false: otherCalls} {
		for _, d := range calls {
			in, _ := s.parse([]byte(d.message), d.header())
			if got := len(in.items) == 1 && in.items[0].message.call != nil; got != want {
				t.Errorf("%+v goes the straight way: %t", d, got)
			}
		}
	}
}

// FuzzDispatch: the straight way gives the answers, reports and HTTP statuses that mcp-go
// gives, over every transport and in both protocol eras.
func FuzzDispatch(f *testing.F) {
	for _, d := range append(straightCalls, otherCalls...) {
		f.Add(d.message, d.version, d.method, d.name, d.lastEventID)
	}
	straight, roundabout := newDispatchServer(), newDispatchServer()
	roundabout.straight = nil
	f.Fuzz(func(t *testing.T, message, version, method, name, lastEventID string) {
		d := dispatched{message, version, method, name, lastEventID}
		stdio, legacy := t.Context(), server.WithSupportedProtocolVersions(t.Context(), mcp.LegacyProtocolVersions())
		for _, ctx := range []context.Context{stdio, legacy} {
			if diff := cmp.Diff(overConnection(ctx, roundabout, d), overConnection(ctx, straight, d)); diff != "" {
				t.Errorf("on a connection (-mcp-go +straight):\n%s", diff)
			}
		}
		if diff := cmp.Diff(overHTTP(t.Context(), roundabout, d), overHTTP(t.Context(), straight, d)); diff != "" {
			t.Errorf("over HTTP (-mcp-go +straight):\n%s", diff)
		}
	})
}

// overConnection returns what a connection answers.
func overConnection(ctx context.Context, s *Server, d dispatched) (messages []any) {
	var mu sync.Mutex
	c := newConnection(s, "fuzz", func(message []byte) error {
		mu.Lock()
		defer mu.Unlock()
		messages = append(messages, decoded(message))
		return nil
	})
	c.handshake.SetProtocolVersion(batchRevision)
	c.receive(ctx, []byte(d.message))
	<-c.idle()
	return messages
}

// overHTTP returns the status, the type and the messages of an HTTP response.
func overHTTP(ctx context.Context, s *Server, d dispatched) (parts []any) {
	request := httptest.NewRequestWithContext(ctx, http.MethodPost, "/mcp", strings.NewReader(d.message))
	request.Header = d.header()
	response := httptest.NewRecorder()
	newStreamable(s).ServeHTTP(response, request)
	parts = append(parts, response.Code, response.Header().Get("Content-Type"))
	if !strings.Contains(response.Body.String(), "\ndata: ") {
		return append(parts, decoded(response.Body.Bytes()))
	}
	for line := range strings.Lines(response.Body.String()) {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			parts = append(parts, decoded([]byte(data)))
		}
	}
	return parts
}

// decoded is JSON with its numbers as they are written, and anything else as text.
func decoded(data []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return string(data)
	}
	return value
}
