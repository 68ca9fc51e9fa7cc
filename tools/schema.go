package tools

import (
	"encoding/json"
	"reflect"
	"slices"
	"sync"

	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"access-policy-mcp/cfapi"
)

// inputSchema is a published schema and the check of arguments against it.
type inputSchema struct {
	published json.RawMessage
	names     []string // of the arguments
	compiled  func() (*validator.Schema, error)
}

// newInputSchema makes the closed schema of the struct In. With a default
// account, account_id is not required.
func newInputSchema[In any](defaultAccount bool) *inputSchema {
	schema := reflector(false).Reflect(new(In))
	if account, ok := schema.Properties.Get("account_id"); ok && defaultAccount {
		schema.Required = slices.DeleteFunc(schema.Required, func(name string) bool { return name == "account_id" })
		account.Description += " (optional: a default is configured)"
	}
	published := mustMarshal(schema)
	return &inputSchema{
		published: published,
		names:     slices.Collect(schema.Properties.KeysFromOldest()),
		// Compiling is left to the first call, because clients start a server
		// long before they call it, and wait for it to start.
		compiled: sync.OnceValues(func() (*validator.Schema, error) { return compile(published) }),
	}
}

// newOutputSchema makes the schema of the struct Out. It is open, so that a
// client that remembers it survives a new field.
func newOutputSchema[Out any]() json.RawMessage {
	return mustMarshal(reflector(true).Reflect(new(Out)))
}

// reflector makes one inline object schema of a struct.
func reflector(open bool) *jsonschema.Reflector {
	return &jsonschema.Reflector{
		Anonymous:                 true,
		DoNotReference:            true,
		ExpandedStruct:            true,
		AllowAdditionalProperties: open,
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			if t == reflect.TypeFor[cfapi.Status]() {
				return statusSchema()
			}
			return nil
		},
	}
}

// statusSchema names the documented values and admits any other.
func statusSchema() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "string", Enum: []any{cfapi.Processing, cfapi.Complete, cfapi.Blocked, cfapi.ExceededTime}},
		{Type: "string"},
	}}
}

func mustMarshal(schema *jsonschema.Schema) json.RawMessage {
	schema.Version = "" // 2020-12 is MCP's default
	data, err := json.Marshal(schema)
	if err != nil {
		panic(err) // a schema made from a struct always marshals
	}
	return data
}
