// Package server is everything that has to do with carrying MCP: it assembles
// the MCP server from its tools and serves it over stdio, Streamable HTTP and
// the older HTTP+SSE. It knows nothing of what the tools do.
//
// The protocol itself (methods, versions, negotiation) is mcp-go's, through
// MCPServer.HandleMessage. Of its transports only Streamable HTTP is used, with
// a response writer and sessions of our own around it. Its stdio and SSE
// transports lose answers at the end of input, cannot silence cancelled calls,
// deliver notifications out of order, and leave calls running when their client
// is gone; both are therefore thin framings of one type here, the peer.
package server
