// Package clients knows the MCP clients that this program can be added to: where each
// keeps its servers on each operating system, how an entry looks there, and how long the
// client waits for an answer. It adds, renews and removes the entry of this program, and
// nothing else in a file changes.
//
// A new client is an entry of [All]. A new kind of file is an implementation of format.
package clients
