package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"github.com/invopop/jsonschema"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/watch"
)

type startInput struct {
	AccountID   string   `json:"account_id" jsonschema:"minLength=1,maxLength=32,pattern=^[A-Za-z0-9_-]+$" jsonschema_description:"Cloudflare account ID"`
	Policies    []policy `json:"policies" jsonschema:"minItems=1,maxItems=20" jsonschema_description:"IDs of reusable policies, or inline policies"`
	WaitSeconds int      `json:"wait_seconds,omitempty" jsonschema:"minimum=0,maximum=600,default=0" jsonschema_description:"As for get_access_policy_test"`
}

// policy is the ID of a reusable policy or an inline policy, passed on as it is.
type policy json.RawMessage

// UnmarshalJSON keeps the document.
func (p *policy) UnmarshalJSON(data []byte) error {
	*p = append((*p)[:0], data...)
	return nil
}

// JSONSchema describes what the API documents. What the rules may contain is
// Cloudflare's business.
func (policy) JSONSchema() *jsonschema.Schema {
	inline := (&jsonschema.Reflector{Anonymous: true, DoNotReference: true, ExpandedStruct: true}).Reflect(new(inlinePolicy))
	inline.Version = ""
	one := uint64(1)
	for _, name := range []string{"include", "exclude", "require"} {
		rules, _ := inline.Properties.Get(name)
		rules.Items = &jsonschema.Schema{Type: "object", MinProperties: &one, MaxProperties: &one}
	}
	longest := uint64(cfapi.MaxPolicyTestID)
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "string", MinLength: &one, MaxLength: &longest, Pattern: idPattern},
		inline,
	}}
}

// inlinePolicy has the documented fields of an inline policy.
type inlinePolicy struct {
	Name            string           `json:"name" jsonschema:"minLength=1,maxLength=255"`
	Decision        string           `json:"decision" jsonschema:"enum=allow,enum=deny,enum=non_identity,enum=bypass"`
	Include         []map[string]any `json:"include" jsonschema:"minItems=1" jsonschema_description:"Access rules such as {\"email_domain\": {\"domain\": \"example.com\"}}"`
	Exclude         []map[string]any `json:"exclude,omitempty"`
	Require         []map[string]any `json:"require,omitempty"`
	SessionDuration string           `json:"session_duration,omitempty" jsonschema:"maxLength=32"`

	ApprovalRequired bool             `json:"approval_required,omitempty"`
	ApprovalGroups   []map[string]any `json:"approval_groups,omitempty"`

	IsolationRequired            bool   `json:"isolation_required,omitempty"`
	PurposeJustificationRequired bool   `json:"purpose_justification_required,omitempty"`
	PurposeJustificationPrompt   string `json:"purpose_justification_prompt,omitempty" jsonschema:"maxLength=1000"`
}

// StartedTest is the result of start_access_policy_test. Without a wait its
// status is that of the start, as the API reports it.
type StartedTest struct {
	ID      string `json:"id" jsonschema_description:"ID of the new policy test"`
	Status  string `json:"status,omitempty" jsonschema_description:"Of the start, not of the test"`
	Summary string `json:"summary"`
	// Test is the state of the test at the end of the wait, as from
	// get_access_policy_test.
	Test     *watchedTest `json:"test,omitempty"`
	Warnings []string     `json:"warnings,omitempty"`
}

func (t StartedTest) text() string { return t.Summary }

// watchedTest is a [PolicyTest] whose schema clients have from its own tool.
type watchedTest PolicyTest

// JSONSchema refers to the other tool in words.
func (watchedTest) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", Description: "After a wait: as from get_access_policy_test"}
}

var startWords = wording{
	permission: `"Access: Policy Test Write"`,
	subject:    "account or policy",
	check:      "Check account_id and policies.",
	untold: "It is not known whether a test was started, and the request was not repeated. Look in the Cloudflare dashboard (Zero Trust, Access, Policies) " +
		"whether one is running before you start another.",
}

// usableID is what the other tools accept.
var usableID = regexp.MustCompile(idPattern)

func startAccessPolicyTest(options Options) server.ServerTool {
	return tool[startInput, StartedTest]{
		name:  "start_access_policy_test",
		title: "Start Access policy test",
		description: "Starts a test of Cloudflare Access policies against all users of the organisation. It changes no policy and locks nobody out. " +
			"Each call starts a test: do not repeat it to see how one is going.",
		words: startWords,
		call: func(ctx context.Context, in startInput, report reportFunc) (StartedTest, error) {
			answer, err := watch.Call(ctx, options.Watcher, func(ctx context.Context, client *cfapi.Client) (cfapi.Answer[cfapi.StartedPolicyTest], error) {
				policies := make([]json.RawMessage, len(in.Policies))
				for i, p := range in.Policies {
					policies[i] = json.RawMessage(p)
				}
				return client.StartPolicyTest(ctx, in.AccountID, policies)
			})
			if err != nil {
				return StartedTest{}, err
			}
			if !usableID.MatchString(answer.Result.ID) {
				return StartedTest{}, &cfapi.Error{Kind: cfapi.UnexpectedResponse, Summary: "a success without a usable ID of the test", MayBeDone: true}
			}
			return started(ctx, options.Watcher, in, answer, report), nil
		},
	}.register(options)
}

// started words a start, and waits if that is wanted. Whatever happens then, the
// ID must reach the caller.
func started(ctx context.Context, watcher *watch.Watcher, in startInput, answer cfapi.Answer[cfapi.StartedPolicyTest], report reportFunc) StartedTest {
	out := StartedTest{ID: answer.Result.ID, Status: cut(answer.Result.Status, statusTokens)}
	out.Summary = fmt.Sprintf("Policy test %s was started.", out.ID)
	for _, notice := range answer.Messages {
		out.Warnings = append(out.Warnings, "Cloudflare adds: "+brief(notice, noticeTokens[0]).String()+".")
	}
	next := " To wait for its end, call get_access_policy_test with wait_seconds 45."
	if in.WaitSeconds > 0 {
		snapshot, err := observe(ctx, watcher, getInput{AccountID: in.AccountID, PolicyTestID: out.ID, WaitSeconds: in.WaitSeconds}, report)
		if failure, ok := errors.AsType[*cfapi.Error](err); ok {
			out.Warnings = append(out.Warnings, "It could not be watched: "+readWords.text(failure))
		} else {
			test := newPolicyTest(out.ID, snapshot)
			out.Test = (*watchedTest)(&test)
			out.Summary += " " + test.Summary
			if test.Finished {
				next = " To see which users are locked out, call list_access_policy_test_users with status blocked."
			}
		}
	}
	out.Summary += next
	for _, warning := range out.Warnings {
		out.Summary += " " + warning
	}
	return out
}
