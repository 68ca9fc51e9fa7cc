package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/watch"
)

// Options are what the tools work with.
type Options struct {
	// Pool asks the API with the credential of each call's [Caller].
	Pool *watch.Pool

	// Kept, unless nil, looks up the credential that is kept on this machine. It answers
	// within seconds. The error is a [*cfapi.Error]: of the kind [cfapi.NoCredentials] with a
	// sentence that says why there is none.
	Kept func(context.Context) (cfapi.Credentials, error)

	// KeptAccount, unless nil, is the account that is kept with that credential at the moment;
	// "" if there is none. It comes before DefaultAccountID, and changes no schema.
	KeptAccount func() string

	// DefaultAccountID makes the argument account_id optional, unless it is empty.
	DefaultAccountID string

	// HideUserDetails leaves users' e-mail addresses and names out of everything.
	HideUserDetails bool

	// AllowStart admits the tools that start tests.
	AllowStart bool

	// Names are the tools to serve; all if there are none.
	Names []string

	// Observe, unless nil, is told of each test that a call has started or read. It
	// returns at once, and is safe for concurrent use.
	Observe func(Observation)

	// Simulated makes the instructions say that every figure is made up.
	Simulated bool
}

// Catalog is what a client is offered (MCP specification, "Server Features"). Its
// texts, and the results and errors of its tools, name only tools that it has.
type Catalog struct {
	// Instructions tell a model when and how to use the tools.
	Instructions string
	// Tools are in the order in which clients see them. There is at least one.
	Tools []server.ServerTool
	// ResourceTemplates may be empty.
	ResourceTemplates []server.ServerResourceTemplate
	// Prompts may be empty.
	Prompts []server.ServerPrompt
}

// definition is a tool that can be served.
type definition struct {
	name string
	// startOnly is true for tools that are served only where tests may be started.
	startOnly bool
	newTool   func(*service) server.ServerTool
}

// definitions has a line for each tool, in the order in which clients see them.
func definitions() []definition {
	return []definition{
		{name: getTestName, newTool: newGetTest},
		{name: listUsersName, newTool: newListUsers},
		{name: startTestName, newTool: newStartTest, startOnly: true},
	}
}

// NewCatalog returns what options admit. The error says which of the names in
// options is none of a tool, and which are.
func NewCatalog(options Options) (Catalog, error) {
	admitted := slices.DeleteFunc(definitions(), func(d definition) bool { return d.startOnly && !options.AllowStart })
	var valid []string
	for _, d := range admitted {
		valid = append(valid, d.name)
	}
	for _, name := range options.Names {
		if !slices.Contains(valid, name) {
			return Catalog{}, fmt.Errorf("there is no tool %q; valid names are %s", name, strings.Join(valid, ", "))
		}
	}
	s := &service{options: options, served: valid}
	if len(options.Names) > 0 {
		s.served = options.Names
	}
	c := Catalog{Instructions: s.instructions(), ResourceTemplates: s.resourceTemplates(), Prompts: s.prompts()}
	for _, d := range admitted {
		if s.serves(d.name) {
			c.Tools = append(c.Tools, s.withKeptAccount(d.newTool(s)))
		}
	}
	return c, nil
}
