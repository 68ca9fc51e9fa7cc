// Package tools is what a model sees: the MCP tools with their schemas, results,
// summaries and error texts.
//
// Each tool has a file of its own, with its input, its output, its function and
// the words of its summary. A tool is a typed function; the adapter makes an MCP
// tool of it: it publishes the schemas of the input and output structs, checks
// the arguments of every call against the published schema, and turns the
// function's result or error into what a client expects.
//
// To add a tool, write such a file and name its constructor in [New].
package tools
