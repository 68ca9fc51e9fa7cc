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

// Features are what a client is offered (MCP specification, "Server Features").
type Features struct {
	Tools             []server.ServerTool
	ResourceTemplates []server.ServerResourceTemplate
	Prompts           []server.ServerPrompt
}

// New returns the features that options admit, the tools in the order in which
// they are listed. The error says which of the names in options is none of a tool,
// and which are.
func New(options Options) (Features, error) {
	all := []server.ServerTool{
		getAccessPolicyTest(options),
		listAccessPolicyTestUsers(options),
	}
	if options.AllowStart {
		all = append(all, startAccessPolicyTest(options))
	}
	var f Features
	var valid []string
	for _, t := range all {
		valid = append(valid, t.Tool.Name)
		if len(options.Names) == 0 || slices.Contains(options.Names, t.Tool.Name) {
			f.Tools = append(f.Tools, t)
		}
	}
	for _, name := range options.Names {
		if !slices.Contains(valid, name) {
			return Features{}, fmt.Errorf("there is no tool %q; valid names are %s", name, strings.Join(valid, ", "))
		}
	}
	f.ResourceTemplates = resourceTemplates(options, f)
	f.Prompts = prompts(options, f)
	return f, nil
}

// serves reports whether all of the tools are among the features.
func (f Features) serves(names ...string) bool {
	for _, name := range names {
		if !slices.ContainsFunc(f.Tools, func(t server.ServerTool) bool { return t.Tool.Name == name }) {
			return false
		}
	}
	return true
}
