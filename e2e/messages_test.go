package e2e

import (
	"access-policy-mcp/cfapi/simulator"
)

// requestMessage is a JSON-RPC request, as one line. params are JSON.
func requestMessage(id, method, params string) string {
	return `{"jsonrpc":"2.0","id":"` + id + `","method":"` + method + `","params":` + params + `}`
}

// toolCallParams are the params of tools/call. arguments are JSON.
func toolCallParams(tool, arguments string) string {
	return `{"name":"` + tool + `","arguments":` + arguments + `}`
}

// Requests of clients that ask about the example test that has ended.
var (
	initializeMessage = requestMessage("0", "initialize", `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}`)
	listMessage       = requestMessage("1", "tools/list", `{}`)
	callMessage       = requestMessage("1", "tools/call", toolCallParams("get_access_policy_test",
		`{"account_id":"`+simulator.AccountID+`","policy_test_id":"`+simulator.DocumentedID+`"}`))
)
