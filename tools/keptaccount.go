package tools

import (
	"context"
	"encoding/json"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// withKeptAccount makes calls that name no account ask about the one that is kept at that
// moment: schemas are made at start, and a login since then may have brought another token
// with another account.
func (s *service) withKeptAccount(tool server.ServerTool) server.ServerTool {
	if s.options.KeptAccount == nil {
		return tool
	}
	handle := tool.Handler
	tool.Handler = func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		request.Params.RawArguments = s.completed(request.Params.RawArguments)
		return handle(ctx, request)
	}
	return tool
}

// completed is arguments with the account, if they are an object that has none.
func (s *service) completed(raw json.RawMessage) json.RawMessage {
	var arguments map[string]json.RawMessage
	if len(raw) > 0 && json.Unmarshal(raw, &arguments) != nil {
		return raw // and will be refused
	}
	if _, named := arguments["account_id"]; named {
		return raw
	}
	account := s.options.KeptAccount()
	if account == "" {
		return raw
	}
	if arguments == nil {
		arguments = map[string]json.RawMessage{}
	}
	arguments["account_id"], _ = json.Marshal(account)
	completed, err := json.Marshal(arguments)
	if err != nil {
		return raw
	}
	return completed
}
