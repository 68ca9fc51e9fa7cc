package tools

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/tools/typed"
)

// addressScheme is what the addresses of policy tests start with.
const addressScheme = "access-policy-test://"

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
		Template: mcp.NewResourceTemplate(addressScheme+"{account_id}/{policy_test_id}", "access_policy_test",
			mcp.WithTemplateTitle("Access policy test"),
			mcp.WithTemplateDescription("State of a Cloudflare Access policy test, as from get_access_policy_test"),
			mcp.WithTemplateMIMEType("application/json"),
		),
		Handler: func(ctx context.Context, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			contents, err := s.readResource(ctx, addresses(), request.Params.URI)
			if err != nil {
				return nil, s.requestError(ctx, readPhrases, err)
			}
			return []mcp.ResourceContents{contents}, nil
		},
	}}
}

func (s *service) readResource(ctx context.Context, addresses *typed.Arguments[testAddress], uri string) (Contents, error) {
	address, err := decodeAddress(addresses, uri)
	if err != nil {
		return Contents{}, err
	}
	watcher, release, err := s.watcher(ctx, address.AccountID)
	if err != nil {
		return Contents{}, err
	}
	defer release()
	calledAt := time.Now()
	snapshot, err := s.readPolicyTest(ctx, watcher, address.AccountID, address.PolicyTestID, 0)
	if err != nil {
		return Contents{}, err
	}
	test := s.newPolicyTest(ctx, address.PolicyTestID, snapshot)
	s.observe(address.AccountID, address.PolicyTestID, calledAt, snapshot, test)
	data, err := typed.Marshal(test)
	if err != nil {
		return Contents{}, err
	}
	return Contents{
		TextResourceContents: mcp.TextResourceContents{URI: uri, MIMEType: "application/json", Text: string(data)},
		finished:             test.Finished,
		checkAgainAfter:      time.Duration(test.CheckAgainAfterSeconds) * time.Second,
	}, nil
}

// decodeAddress checks the parts of the URI. mcp-go would give a part with a comma as a
// list, as RFC 6570 has it, which nobody wrote.
func decodeAddress(addresses *typed.Arguments[testAddress], uri string) (testAddress, error) {
	account, id, _ := strings.Cut(strings.TrimPrefix(uri, addressScheme), "/")
	data, err := json.Marshal(testAddress{AccountID(unescaped(account)), PolicyTestID(unescaped(id))})
	if err != nil {
		return testAddress{}, err
	}
	return addresses.Decode(data)
}

// unescaped decodes percent-encoding. What is none stays, and is refused as an ID.
func unescaped(part string) string {
	if decoded, err := url.PathUnescape(part); err == nil {
		return decoded
	}
	return part
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
