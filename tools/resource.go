package tools

import (
	"context"
	"errors"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/cfapi"
)

// resourceTemplates are the resources that a user can attach to a chat. They say
// what the tool get_access_policy_test says, and exist if it does.
func resourceTemplates(options Options, f Features) []server.ServerResourceTemplate {
	if !f.serves("get_access_policy_test") {
		return nil
	}
	schema := newInputSchema[getInput](false)
	return []server.ServerResourceTemplate{{
		Template: mcp.NewResourceTemplate("access-policy-test://{account_id}/{policy_test_id}", "access_policy_test",
			mcp.WithTemplateTitle("Access policy test"),
			mcp.WithTemplateDescription("State of a Cloudflare Access policy test, as from get_access_policy_test"),
			mcp.WithTemplateMIMEType("application/json"),
		),
		Handler: func(ctx context.Context, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			return readPolicyTest(ctx, options, schema, request)
		},
	}}
}

// readPolicyTest checks the two IDs against the schema of the tool, which has the
// same arguments.
func readPolicyTest(ctx context.Context, options Options, schema *inputSchema, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	words := readWords
	words.credentialHint = options.CredentialHint
	arguments := map[string]any{}
	for name, value := range request.Params.Arguments {
		if values, ok := value.([]string); ok && len(values) == 1 {
			value = values[0]
		}
		arguments[name] = value
	}
	if err := schema.validate(arguments); err != nil {
		return nil, words.resourceError(err)
	}
	in := getInput{AccountID: arguments["account_id"].(string), PolicyTestID: arguments["policy_test_id"].(string)}
	snapshot, err := options.Watcher.Get(ctx, in.AccountID, in.PolicyTestID)
	if err != nil {
		return nil, words.resourceError(err)
	}
	test := newPolicyTest(in.PolicyTestID, snapshot)
	data, err := marshal(test)
	if err != nil {
		return nil, words.resourceError(err)
	}
	return []mcp.ResourceContents{Contents{
		TextResourceContents: mcp.TextResourceContents{URI: request.Params.URI, MIMEType: "application/json", Text: string(data)},
		finished:             test.Finished,
		again:                time.Duration(test.CheckAgainAfterSeconds) * time.Second,
	}}, nil
}

// resourceError is the text of a failed call as an error, which is all that a
// resource can fail with.
func (w wording) resourceError(err error) error {
	if failure, ok := errors.AsType[*cfapi.Error](err); ok {
		return errors.New(w.text(failure))
	}
	return errors.New("this server failed internally")
}

// Contents are the contents of a resource that know how long they are good for.
type Contents struct {
	mcp.TextResourceContents
	finished bool
	again    time.Duration
}

// finishedTTL is for tests that will not change, though they may be deleted.
const finishedTTL = time.Hour

// TTL is how long a client may use the contents without asking again.
func (c Contents) TTL() time.Duration {
	if c.finished {
		return finishedTTL
	}
	return c.again
}
