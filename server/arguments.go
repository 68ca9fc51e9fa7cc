package server

import (
	"context"
	"encoding/json"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// argumentsKey is the context key of the [heldArguments] of a call.
type argumentsKey struct{}

// heldArguments are the arguments of a call until its handler takes them. Then nothing
// of this package refers to them, so that a call that waits does not keep them.
type heldArguments struct{ raw json.RawMessage }

// withArguments takes the arguments out of m. The handler of the tool gets them, as they
// are and not decoded, in Params.RawArguments.
func withArguments(ctx context.Context, m *message) context.Context {
	held := &heldArguments{m.arguments}
	m.arguments = nil
	return context.WithValue(ctx, argumentsKey{}, held)
}

// giveArguments gives a handler the arguments of its call.
func giveArguments(next server.ToolHandlerFunc) server.ToolHandlerFunc {
	return func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		request.Params.RawArguments = nil
		if held, ok := ctx.Value(argumentsKey{}).(*heldArguments); ok {
			request.Params.RawArguments, held.raw = held.raw, nil
		}
		return next(ctx, request)
	}
}

// forget drops what mcp-go has decoded and would keep while a request is handled, except
// what handlers read. It can take twenty times the memory of the message.
func forget(ctx context.Context, _ any, _ mcp.MCPMethod, message any) {
	if info := server.RequestProtocolInfoFromContext(ctx); info != nil {
		info.ClientInfo, info.ClientCapabilities = nil, nil
	}
	switch request := message.(type) {
	case *mcp.CallToolRequest:
		request.Params = mcp.CallToolParams{Name: request.Params.Name, Meta: onlyToken(request.Params.Meta)}
	case *mcp.ReadResourceRequest:
		request.Params.Meta = onlyToken(request.Params.Meta)
		request.Params.MultiRoundTripParams = mcp.MultiRoundTripParams{}
	}
}

func onlyToken(meta *mcp.Meta) *mcp.Meta {
	if meta == nil || meta.ProgressToken == nil {
		return nil
	}
	return &mcp.Meta{ProgressToken: meta.ProgressToken}
}
