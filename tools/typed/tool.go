package typed

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"

	"github.com/invopop/jsonschema"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Tool is a function and what a client is told of it. Input and Output must be
// structs.
type Tool[Input, Output any] struct {
	// Name is what clients call the tool by, such as "get_access_policy_test".
	Name string
	// Title is a short name for people.
	Title string
	// Description tells a model what the tool does and when to call it.
	Description string

	// ReadOnly, Destructive, Idempotent and OpenWorld are the hints of the MCP
	// specification, "Tool annotations". All four are published.
	ReadOnly, Destructive, Idempotent, OpenWorld bool

	// Call does the work. [Progress] tells whether the client wants reports.
	Call func(context.Context, Input) (Output, error)

	// Summary is the output in words, for people and for clients that do not read
	// structured results.
	Summary func(Output) string
}

// Options are what a tool or [Arguments] need to know besides their types. All but
// Fail may be left out, and Arguments do not need that either.
type Options struct {
	// Fail makes what the handler returns for a failed call. The error is an
	// [*ArgumentError], what Call returned, or a defect of the program.
	Fail func(context.Context, error) (*mcp.CallToolResult, error)

	// Schemas are the schemas of types that have no method
	// JSONSchema() *jsonschema.Schema. They take the place of what the type alone
	// would give.
	Schemas map[reflect.Type]jsonschema.Schema

	// PatternWords say what a pattern, the key, admits, such as "only digits are
	// allowed". Without words the pattern itself is repeated.
	PatternWords map[string]string

	// Defaults are the values, as JSON has them, of arguments that a call leaves out.
	// These arguments are optional in the published schema, which says so.
	Defaults map[string]any
}

// ServerTool returns the tool for a server of mcp-go.
func (t Tool[Input, Output]) ServerTool(options Options) server.ServerTool {
	arguments := NewArguments[Input](options)
	return server.ServerTool{
		Tool: mcp.Tool{
			Name:            t.Name,
			Title:           t.Title,
			Description:     t.Description,
			RawInputSchema:  arguments.Schema(),
			RawOutputSchema: outputSchema[Output](options),
			Annotations: mcp.ToolAnnotation{
				Title:           t.Title,
				ReadOnlyHint:    &t.ReadOnly,
				DestructiveHint: &t.Destructive,
				IdempotentHint:  &t.Idempotent,
				OpenWorldHint:   &t.OpenWorld,
			},
		},
		Handler: func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			result, err := t.handle(withProgress(ctx, request), arguments, request)
			if err != nil {
				return options.Fail(ctx, err)
			}
			return result, nil
		},
	}
}

// handle carries the output as structuredContent, and as text for clients that read
// nothing else: the sentence for a person first, then the same JSON.
func (t Tool[Input, Output]) handle(ctx context.Context, arguments *Arguments[Input], request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	input, err := arguments.Decode(request.Params.RawArguments)
	if err != nil {
		return nil, err
	}
	output, err := t.Call(ctx, input)
	if err != nil {
		return nil, err
	}
	data, err := Marshal(output)
	if err != nil {
		return nil, err
	}
	return &mcp.CallToolResult{
		Content:           []mcp.Content{mcp.NewTextContent(t.Summary(output)), mcp.NewTextContent(string(data))},
		StructuredContent: data,
	}, nil
}

// JSON is a document, as text: structuredContent and the text beside it share it.
type JSON string

// MarshalJSON implements [json.Marshaler].
func (j JSON) MarshalJSON() ([]byte, error) { return []byte(j), nil }

// Marshal is JSON as results have it. It leaves <, > and & as they are: no browser
// reads a result as HTML, and escapes cost tokens.
func Marshal(value any) (JSON, error) {
	var document documentWriter
	encoder := json.NewEncoder(&document)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return document.JSON, err
}

// documentWriter keeps what an encoder writes: a document at once.
type documentWriter struct{ JSON }

// Write implements [io.Writer].
func (w *documentWriter) Write(data []byte) (int, error) {
	w.JSON = JSON(bytes.TrimSpace(data))
	return len(data), nil
}
