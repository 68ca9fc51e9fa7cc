// Package server carries MCP: it assembles the MCP server from a [tools.Catalog] and
// serves it over stdio, Streamable HTTP and the older HTTP+SSE. It does not know what
// the tools do.
//
// The protocol itself (methods, versions, negotiation) is mcp-go's, through
// MCPServer.HandleMessage. Every transport reads messages in the same way (message.go)
// before mcp-go sees them: what is malformed gets the same answer everywhere, IDs and
// progress tokens come back exactly, and nothing large is kept while a call waits. Of
// mcp-go's transports only Streamable HTTP is used, with sessions and responses of our
// own around it (streamable.go, exchange.go). Its stdio and SSE transports lose
// answers at the end of input, answer cancelled calls, deliver notifications out of
// order, and leave calls running when their client is gone. Here both are thin
// framings of one type, the connection.
//
// A request over HTTP passes the guards (guard.go) and the authenticator (package
// auth), then the transport with its limits (limits.go), mcp-go, the middleware
// (middleware.go) and the handler of the tool, resource or prompt.
package server
