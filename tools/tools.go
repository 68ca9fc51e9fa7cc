package tools

import (
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/cfapi/watch"
)

// Options are what the tools work with.
type Options struct {
	// Watcher asks the API.
	Watcher *watch.Watcher

	// DefaultAccountID makes the argument account_id optional, unless it is empty.
	DefaultAccountID string

	// CredentialHint is added to the error of a call that lacks credentials, for
	// example to name a variable that is set to something unusable.
	CredentialHint string
}

// All returns the tools in the order in which they are listed.
func All(options Options) []server.ServerTool {
	return []server.ServerTool{
		getAccessPolicyTest(options),
	}
}
