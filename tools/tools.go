package tools

import (
	"fmt"
	"slices"
	"strings"

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

	// HideUserDetails leaves users' e-mail addresses and names out of everything.
	HideUserDetails bool

	// AllowStart admits the tools that change something.
	AllowStart bool

	// Names are the tools to serve; all if there are none.
	Names []string
}

// All returns the tools that options admit, in the order in which they are
// listed.
func All(options Options) []server.ServerTool {
	list := []server.ServerTool{
		getAccessPolicyTest(options),
		listAccessPolicyTestUsers(options),
		startAccessPolicyTest(options),
	}
	return slices.DeleteFunc(list, func(t server.ServerTool) bool {
		return !*t.Tool.Annotations.ReadOnlyHint && !options.AllowStart ||
			len(options.Names) > 0 && !slices.Contains(options.Names, t.Tool.Name)
	})
}

// CheckNames says which of options.Names are not tools that options admit
// otherwise, and which are.
func CheckNames(options Options) error {
	names := options.Names
	options.Names = nil
	var valid []string
	for _, t := range All(options) {
		valid = append(valid, t.Tool.Name)
	}
	for _, name := range names {
		if !slices.Contains(valid, name) {
			return fmt.Errorf("there is no tool %q; valid names are %s", name, strings.Join(valid, ", "))
		}
	}
	return nil
}
