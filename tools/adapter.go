package tools

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"access-policy-mcp/cfapi"
)

// tool is a typed function with what MCP wants to know about it. In and Out are
// structs; their tags make the published schemas.
type tool[In any, Out interface{ text() string }] struct {
	name, title, description string
	readOnly, idempotent     bool
	words                    wording
	call                     func(context.Context, In, reportFunc) (Out, error)
}

// register makes an MCP tool of t.
func (t tool[In, Out]) register(options Options) server.ServerTool {
	input := newInputSchema[In](options.DefaultAccountID != "")
	words := t.words
	words.credentialHint = options.CredentialHint
	destructive, openWorld := false, true
	return server.ServerTool{
		Tool: mcp.Tool{
			Name:            t.name,
			Title:           t.title,
			Description:     t.description,
			RawInputSchema:  input.published,
			RawOutputSchema: newOutputSchema[Out](),
			Annotations: mcp.ToolAnnotation{
				Title:           t.title,
				ReadOnlyHint:    &t.readOnly,
				DestructiveHint: &destructive,
				IdempotentHint:  &t.idempotent,
				OpenWorldHint:   &openWorld,
			},
		},
		Handler: func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			in, err := decode[In](input, request, options.DefaultAccountID)
			if err != nil {
				return words.errorResult(err), nil
			}
			out, err := t.call(ctx, in, newReporter(ctx, request))
			if err != nil {
				return words.errorResult(err), nil
			}
			return result(out)
		},
	}
}

// decode checks the arguments against the schema and fills In with them.
func decode[In any](schema *inputSchema, request mcp.CallToolRequest, defaultAccountID string) (In, error) {
	var in In
	arguments, err := arguments(request)
	if err != nil {
		return in, err
	}
	if object, ok := arguments.(map[string]any); ok {
		for name, value := range object {
			object[name] = normalized(value)
		}
		if _, ok := object["account_id"]; !ok && defaultAccountID != "" {
			object["account_id"] = defaultAccountID
		}
	}
	if err := schema.validate(arguments); err != nil {
		return in, err
	}
	data, err := json.Marshal(arguments)
	if err == nil {
		err = json.Unmarshal(data, &in)
	}
	if err != nil {
		return in, invalidArgument("the arguments cannot be read: " + err.Error())
	}
	return in, nil
}

// arguments parses the arguments as they came. None at all are an empty object
// (MCP specification, "Calling Tools": arguments is optional).
func arguments(request mcp.CallToolRequest) (any, error) {
	raw := bytes.TrimSpace(request.Params.RawArguments)
	if len(raw) == 0 || string(raw) == "null" {
		return map[string]any{}, nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw)) // keeps numbers as they are
	if err != nil {
		return nil, invalidArgument("the arguments are not JSON")
	}
	return value, nil
}

// normalized is an argument without what is not worth a refusal: white space
// around strings, and notations such as 45.0, which JSON Schema takes for an
// integer but Go's decoder does not. Objects are left alone.
func normalized(value any) any {
	switch v := value.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		if f, err := v.Float64(); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return json.Number(strconv.FormatInt(int64(f), 10))
		}
	case []any:
		for i := range v {
			v[i] = normalized(v[i])
		}
	}
	return value
}

// result carries out as structuredContent, and as text for clients that read
// nothing else: the sentence for a person first, then the same JSON.
func result[Out interface{ text() string }](out Out) (*mcp.CallToolResult, error) {
	data, err := marshal(out)
	if err != nil {
		return nil, err
	}
	return &mcp.CallToolResult{
		Content:           []mcp.Content{mcp.NewTextContent(out.text()), mcp.NewTextContent(string(data))},
		StructuredContent: data,
	}, nil
}

// marshal leaves <, > and & as they are: no browser reads this as HTML, and
// escapes cost tokens.
func marshal(value any) (json.RawMessage, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSpace(buffer.Bytes()), err
}

func invalidArgument(summary string) error {
	return &cfapi.Error{Kind: cfapi.InvalidArgument, Summary: summary}
}
