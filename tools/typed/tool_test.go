package typed_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/tools/typed"
)

type question struct {
	Colour colour `json:"colour" jsonschema_description:"Of the traffic light"`
}

type answer struct {
	Colour colour `json:"colour"`
	Go     bool   `json:"go"`
}

// colour has no schema of its own.
type colour string

func colourSchema() jsonschema.Schema {
	return jsonschema.Schema{Type: "string", MaxLength: new(uint64(9))}
}

var errBroken = errors.New("the light is broken")

// light is a tool, and the error that its last call ended with.
func light(report func(typed.ProgressFunc)) (tool server.ServerTool, last *error) {
	last = new(error)
	return typed.Tool[question, answer]{
		Name: "light", Title: "Light", Description: "May I go?",
		ReadOnly: true, Destructive: false, Idempotent: true, OpenWorld: false,
		Summary: func(a answer) string { return "The light is " + string(a.Colour) + "." },
		Call: func(ctx context.Context, in question) (answer, error) {
			report(typed.Progress(ctx))
			if in.Colour == "black" {
				return answer{}, errBroken
			}
			return answer{in.Colour, in.Colour == "<green>"}, nil
		},
	}.ServerTool(typed.Options{
		Fail: func(_ context.Context, err error) (*mcp.CallToolResult, error) {
			*last = err
			return mcp.NewToolResultError(err.Error()), nil
		},
		Schemas: map[reflect.Type]jsonschema.Schema{reflect.TypeFor[colour](): colourSchema()},
	}), last
}

func callLight(t *testing.T, ctx context.Context, tool server.ServerTool, arguments string, meta *mcp.Meta) *mcp.CallToolResult {
	t.Helper()
	result, err := tool.Handler(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{RawArguments: json.RawMessage(arguments), Meta: meta}})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestDefinition(t *testing.T) {
	tool, _ := light(nil)
	got, err := json.MarshalIndent(tool.Tool, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
 "annotations": {
  "title": "Light",
  "readOnlyHint": true,
  "destructiveHint": false,
  "idempotentHint": true,
  "openWorldHint": false
 },
 "description": "May I go?",
 "inputSchema": {
  "properties": {
   "colour": {
    "type": "string",
    "maxLength": 9,
    "description": "Of the traffic light"
   }
  },
  "additionalProperties": false,
  "type": "object",
  "required": [
   "colour"
  ]
 },
 "name": "light",
 "outputSchema": {
  "properties": {
   "colour": {
    "type": "string",
    "maxLength": 9
   },
   "go": {
    "type": "boolean"
   }
  },
  "type": "object",
  "required": [
   "colour",
   "go"
  ]
 },
 "title": "Light"
}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestResult: structured, as JSON in a text, and in words.
func TestResult(t *testing.T) {
	tool, _ := light(func(typed.ProgressFunc) {})
	first, second := callLight(t, t.Context(), tool, `{"colour": "<green>"}`, nil), callLight(t, t.Context(), tool, `{"colour": "<green>"}`, nil)
	const data = `{"colour":"<green>","go":true}`
	want := &mcp.CallToolResult{
		Content:           []mcp.Content{mcp.NewTextContent("The light is <green>."), mcp.NewTextContent(data)},
		StructuredContent: typed.JSON(data),
	}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if first == second {
		t.Error("two calls share a result, which mcp-go changes")
	}
}

// TestFail: errors of arguments and of the function reach Fail as they are.
func TestFail(t *testing.T) {
	called := 0
	tool, last := light(func(typed.ProgressFunc) { called++ })
	if result := callLight(t, t.Context(), tool, `{"color": "red"}`, nil); !result.IsError || called != 0 {
		t.Errorf("%+v after %d calls", result, called)
	}
	if _, ok := errors.AsType[*typed.ArgumentError](*last); !ok {
		t.Errorf("error %v", *last)
	}
	if result := callLight(t, t.Context(), tool, `{"colour": "black"}`, nil); !result.IsError || called != 1 || !errors.Is(*last, errBroken) {
		t.Errorf("%+v after %d calls: error %v", result, called, *last)
	}
}

// session keeps what it is notified of.
type session struct {
	server.ClientSession
	sent []mcp.JSONRPCNotification
}

func (*session) SessionID() string { return "" }

func (s *session) Notify(notification mcp.JSONRPCNotification) error {
	s.sent = append(s.sent, notification)
	return nil
}

// TestProgress is reported only to those who ask for it, over a session that can.
func TestProgress(t *testing.T) {
	fifty := 50.0
	var reported bool
	tool, _ := light(func(report typed.ProgressFunc) {
		if reported = report != nil; reported {
			report(&fifty, "half")
			report(nil, "on")
		}
	})
	s := &session{}
	ctx := server.NewMCPServer("", "").WithContext(t.Context(), s)
	token := &mcp.Meta{ProgressToken: "t"}
	for _, tt := range []struct {
		ctx  context.Context
		meta *mcp.Meta
	}{{t.Context(), token}, {ctx, nil}, {ctx, &mcp.Meta{}}} {
		if callLight(t, tt.ctx, tool, `{"colour": "red"}`, tt.meta); reported {
			t.Errorf("reported with %+v", tt.meta)
		}
	}
	callLight(t, ctx, tool, `{"colour": "red"}`, token)
	var got []map[string]any
	for _, notification := range s.sent {
		if notification.Method != "notifications/progress" || notification.JSONRPC != mcp.JSONRPC_VERSION {
			t.Errorf("%+v", notification)
		}
		got = append(got, notification.Params.AdditionalFields)
	}
	want := []map[string]any{
		{"progressToken": "t", "progress": 50.0, "total": 100, "message": "half"},
		{"progressToken": "t", "progress": 50.001, "total": 100, "message": "on"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
