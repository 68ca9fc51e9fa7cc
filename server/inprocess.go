package server

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/mark3labs/mcp-go/mcp"
)

// CallTool calls a tool as a client in this process would, through the same protocol
// and checks. The call is made by the [tools.Caller] of ctx; [tools.WithWatching] tells
// how it waits and what becomes of the figures until then. When ctx ends, a call that
// waits answers with what it has. The error is a JSON-RPC error; a tool's own failure is
// a result. The structured content is in the result's RawStructuredContent.
func (s *Server) CallTool(ctx context.Context, name string, arguments map[string]any) (*mcp.CallToolResult, error) {
	defer context.AfterFunc(ctx, s.drain)()
	request, err := json.Marshal(mcp.JSONRPCRequest{
		JSONRPC: mcp.JSONRPC_VERSION,
		ID:      mcp.NewRequestId(1),
		Request: mcp.Request{Method: string(mcp.MethodToolsCall)},
		Params:  mcp.CallToolParams{Name: name, Arguments: arguments},
	})
	if err != nil {
		return nil, err
	}
	answers := make(chan inProcessMessage, 1)
	c := newConnection(s, "in-process", func(data []byte) error {
		var message inProcessMessage
		if err := json.Unmarshal(data, &message); err != nil {
			return err
		}
		if message.Method == "" {
			answers <- message
		}
		return nil
	})
	if f := c.receive(context.WithoutCancel(ctx), request); f != nil {
		return nil, errors.New(f.text)
	}
	<-c.idle()
	select {
	case answer := <-answers:
		if answer.Error != nil {
			return nil, errors.New(answer.Error.Message)
		}
		return answer.Result, nil
	default:
		return nil, errors.New("the call was not answered")
	}
}

// inProcessMessage is an answer or a notification, which has a method.
type inProcessMessage struct {
	Method string
	Result *mcp.CallToolResult
	Error  *mcp.JSONRPCErrorDetails
}
