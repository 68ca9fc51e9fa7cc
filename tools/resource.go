package tools

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/tools/typed"
)

// testAddress is what the address of a policy test as a resource names.
type testAddress struct {
	AccountID    AccountID    `json:"account_id"`
	PolicyTestID PolicyTestID `json:"policy_test_id"`
}

// resourceTemplates are the resources that a user can attach to a chat. They say
// what the tool get_access_policy_test says, and exist if it does.
func (s *service) resourceTemplates() []server.ServerResourceTemplate {
	if !s.serves(getTestName) {
		return nil
	}
	// Few clients read resources: the schema is left to the first who does. An
	// address names its account, whatever the default is.
	addresses := sync.OnceValue(func() *typed.Arguments[testAddress] {
		options := s.typedOptions(readPhrases)
		options.Defaults = nil
		return typed.NewArguments[testAddress](options)
	})
	return []server.ServerResourceTemplate{{
		Template: mcp.NewResourceTemplate("access-policy-test://{account_id}/{policy_test_id}", "access_policy_test",
			mcp.WithTemplateTitle("Access policy test"),
			mcp.WithTemplateDescription("State of a Cloudflare Access policy test, as from get_access_policy_test"),
			mcp.WithTemplateMIMEType("application/json"),
		),
		Handler: func(ctx context.Context, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			contents, err := s.readResource(ctx, addresses(), request)
			if err != nil {
				return nil, readPhrases.requestError(ctx, err)
			}
			return []mcp.ResourceContents{contents}, nil
		},
	}}
}

func (s *service) readResource(ctx context.Context, addresses *typed.Arguments[testAddress], request mcp.ReadResourceRequest) (Contents, error) {
	address, err := decodeAddress(addresses, request)
	if err != nil {
		return Contents{}, err
	}
	watcher, release, err := s.watcher(ctx, address.AccountID)
	if err != nil {
		return Contents{}, err
	}
	defer release()
	snapshot, err := readPolicyTest(ctx, watcher, address.AccountID, address.PolicyTestID, 0)
	if err != nil {
		return Contents{}, err
	}
	test := newPolicyTest(address.PolicyTestID, snapshot)
	data, err := typed.Marshal(test)
	if err != nil {
		return Contents{}, err
	}
	return Contents{
		TextResourceContents: mcp.TextResourceContents{URI: request.Params.URI, MIMEType: "application/json", Text: string(data)},
		finished:             test.Finished,
		checkAgainAfter:      time.Duration(test.CheckAgainAfterSeconds) * time.Second,
	}, nil
}

// decodeAddress checks the parts of the URI, each of which mcp-go gives as a list of
// one.
func decodeAddress(addresses *typed.Arguments[testAddress], request mcp.ReadResourceRequest) (testAddress, error) {
	parts := map[string]any{}
	for name, value := range request.Params.Arguments {
		if values, ok := value.([]string); ok && len(values) == 1 {
			value = values[0]
		}
		parts[name] = value
	}
	data, err := json.Marshal(parts)
	if err != nil {
		return testAddress{}, err
	}
	return addresses.Decode(data)
}

// Contents are the contents of a resource, with how long they are good for.
type Contents struct {
	mcp.TextResourceContents
	finished        bool
	checkAgainAfter time.Duration
}

// finishedTTL is for tests that will not change, though they may be deleted.
const finishedTTL = time.Hour

// TTL is how long a client may use the contents without asking again.
func (c Contents) TTL() time.Duration {
	if c.finished {
		return finishedTTL
	}
	return c.checkAgainAfter
}
