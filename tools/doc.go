// Package tools is what a model sees: the MCP tools with their schemas, results,
// summaries and error texts, and the resource, prompts and instructions that go with
// them.
//
// Each tool has a file of its own with its input, its output and its function
// func(context.Context, input) (output, error); the words of a long summary are in a
// second file. Package [access-policy-mcp/tools/typed] makes an MCP tool of it. The
// IDs that tools take are in ids.go, the words of errors in errors.go.
//
// What the API says in words is foreign text. It is passed on shortened (shorten.go) and
// in quotation marks, or not at all (hide.go).
//
// Every call is made on behalf of the [Caller] in its context, who decides with which
// credential Cloudflare is asked, and about which accounts.
//
// # Adding a tool
//
// Write a new file with a function that makes the tool, as in users.go, and add one line
// to definitions in catalog.go. The tests range over the catalog: they want annotations and descriptions, a
// closed input schema with limits, the definition in testdata/definitions.txtar (go
// test ./tools -update writes it), a mention in the documentation, at most so many
// tokens, and no word of a tool that is not served.
package tools
