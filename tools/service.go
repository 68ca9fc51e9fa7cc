package tools

import (
	"context"
	"reflect"
	"slices"

	"github.com/invopop/jsonschema"
	"github.com/mark3labs/mcp-go/mcp"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools/typed"
)

// service is what the tools, resources and prompts of one catalog share.
type service struct {
	options Options
	served  []string // names of tools
}

// serves reports whether all of the tools are served.
func (s *service) serves(names ...string) bool {
	for _, name := range names {
		if !slices.Contains(s.served, name) {
			return false
		}
	}
	return true
}

// typedOptions are those of a tool whose errors have these phrases.
func (s *service) typedOptions(phrases errorPhrases) typed.Options {
	options := typed.Options{
		Fail: func(ctx context.Context, err error) (*mcp.CallToolResult, error) {
			return s.failed(ctx, phrases, err)
		},
		Schemas:      map[reflect.Type]jsonschema.Schema{reflect.TypeFor[cfapi.Status](): statusSchema()},
		PatternWords: map[string]string{idPattern: idPatternWords},
	}
	if s.options.DefaultAccountID != "" {
		options.Defaults = map[string]any{"account_id": s.options.DefaultAccountID}
	}
	return options
}

// statusSchema names the documented values and admits any other.
func statusSchema() jsonschema.Schema {
	return jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "string", Enum: []any{cfapi.Processing, cfapi.Complete, cfapi.Blocked, cfapi.ExceededTime}},
		{Type: "string"},
	}}
}
