package server

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/mark3labs/mcp-go/mcp"
)

// CallTool calls a tool as a client in this process: through the same protocol,
// checks and wording that any other client meets. The error is a JSON-RPC error;
// a tool's own failure is a result. The result's structuredContent is in its
// RawStructuredContent.
func (s *Server) CallTool(ctx context.Context, name string, arguments map[string]any) (*mcp.CallToolResult, error) {
	answers := make(chan []byte, 1)
	p := newPeer(s, "local", func(message []byte) error {
		answers <- message
		return nil
	})
	request, err := json.Marshal(mcp.JSONRPCRequest{
		JSONRPC: mcp.JSONRPC_VERSION,
		ID:      mcp.NewRequestId(1),
		Request: mcp.Request{Method: string(mcp.MethodToolsCall)},
		Params:  mcp.CallToolParams{Name: name, Arguments: arguments},
	})
	if err != nil {
		return nil, err
	}
	p.receive(ctx, request)
	<-p.idle()
	var answer struct {
		Result *mcp.CallToolResult      `json:"result"`
		Error  *mcp.JSONRPCErrorDetails `json:"error"`
	}
	if err := json.Unmarshal(<-answers, &answer); err != nil {
		return nil, err
	}
	if answer.Error != nil {
		return nil, errors.New(answer.Error.Message)
	}
	return answer.Result, nil
}
