// Package typed makes MCP tools of Go functions.
//
// A [Tool] is a function func(context.Context, Input) (Output, error) with what MCP
// wants to know about it. Input and Output are structs. Their fields and tags make
// the schemas that clients see (see [github.com/invopop/jsonschema] for the tags),
// and the published schema is what arguments are checked against: what it does not
// admit becomes an [*ArgumentError], whose words a model can act on, and the
// function is not called.
//
// The package knows nothing of what the tools are about. [Options] has what it
// needs: how an error becomes a result, schemas of types, words for patterns, and
// defaults of arguments.
package typed
