package typed_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mark3labs/mcp-go/mcp"

	"access-policy-mcp/tools/typed"
)

// Input and output are structs. Their tags make the schemas.
type (
	sumInput struct {
		Numbers []int `json:"numbers" jsonschema:"minItems=1,maxItems=100" jsonschema_description:"What to add up"`
	}
	sumOutput struct {
		Sum     int    `json:"sum"`
		Summary string `json:"summary"`
	}
)

func sum(ctx context.Context, in sumInput) (sumOutput, error) {
	report := typed.Progress(ctx) // nil if the client does not want to know
	var out sumOutput
	for i, n := range in.Numbers {
		out.Sum += n
		if report != nil {
			percent := float64(100 * (i + 1) / len(in.Numbers))
			report(&percent, "adding")
		}
	}
	out.Summary = fmt.Sprintf("The sum of %d numbers is %d.", len(in.Numbers), out.Sum)
	return out, nil
}

func Example() {
	tool := typed.Tool[sumInput, sumOutput]{
		Name:        "sum",
		Title:       "Sum",
		Description: "Adds up whole numbers.",
		ReadOnly:    true,
		Idempotent:  true,
		Summary:     func(out sumOutput) string { return out.Summary },
		Call:        sum,
	}.ServerTool(typed.Options{
		Fail: func(_ context.Context, err error) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultError(err.Error()), nil
		},
	})

	// A server would list tool.Tool and call tool.Handler.
	fmt.Println(string(tool.Tool.RawInputSchema))
	for _, arguments := range []string{`{"numbers": [1, 2, 3]}`, `{"numbers": []}`, `{"number": 1}`} {
		result, err := tool.Handler(context.Background(), mcp.CallToolRequest{Params: mcp.CallToolParams{RawArguments: json.RawMessage(arguments)}})
		if err != nil {
			panic(err)
		}
		for _, content := range result.Content {
			fmt.Println(content.(mcp.TextContent).Text)
		}
	}
	// Output:
	// {"properties":{"numbers":{"items":{"type":"integer"},"type":"array","maxItems":100,"minItems":1,"description":"What to add up"}},"additionalProperties":false,"type":"object","required":["numbers"]}
	// The sum of 3 numbers is 6.
	// {"sum":6,"summary":"The sum of 3 numbers is 6."}
	// numbers: must not be empty
	// numbers is required; unknown argument "number" (valid are: numbers)
}

// Arguments that come another way than in the call of a tool are read with the same
// checks.
func ExampleArguments() {
	arguments := typed.NewArguments[sumInput](typed.Options{Defaults: map[string]any{"numbers": []any{json.Number("42")}}})
	in, err := arguments.Decode(json.RawMessage(`{}`))
	fmt.Println(in.Numbers, err)
	_, err = arguments.Decode(json.RawMessage(`{"numbers": ["one"]}`))
	fmt.Println(err)
	// Output:
	// [42] <nil>
	// numbers.0: must be a whole number, but is a string
}
