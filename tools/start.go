package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/invopop/jsonschema"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/watch"
	"access-policy-mcp/tools/typed"
)

const startTestName = "start_access_policy_test"

type startInput struct {
	AccountID   AccountID   `json:"account_id"`
	Policies    []policy    `json:"policies" jsonschema:"minItems=1,maxItems=20" jsonschema_description:"IDs of reusable policies, or inline policies"`
	WaitSeconds waitSeconds `json:"wait_seconds,omitempty" jsonschema_description:"0: answer at once. Above: then wait for the end, at most this long; 45 is a good value"`
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
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{PolicyID("").JSONSchema(), inline}}
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

// StartedTest is the result of start_access_policy_test.
type StartedTest struct {
	// ID has at most 64 characters.
	ID string `json:"id" jsonschema_description:"ID of the new policy test"`
	// Summary has the ID, the state of the test after a wait, and the next step.
	Summary string `json:"summary"`
	// Test is the state of the test after a wait.
	Test *watchedTest `json:"test,omitempty"`
	// Warnings say that the start is not reported as a success, why the test could not
	// be watched, and repeat messages of the API.
	Warnings []string `json:"warnings,omitempty"`
}

// watchedTest is a [PolicyTest]. Its schema, which clients have from the tool that
// reads tests, would cost too much here.
type watchedTest PolicyTest

// JSONSchema admits any object.
func (watchedTest) JSONSchema() *jsonschema.Schema { return &jsonschema.Schema{Type: "object"} }

var startPhrases = errorPhrases{
	permission: `"Access: Policy Test Write"`,
	subject:    "account or policy",
	check:      "Check account_id and policies.",
	outcomeUnknown: "It is not known whether a test was started, and the request was not repeated. Look in the Cloudflare dashboard (Zero Trust, Access, Policies) " +
		"whether one is running before you start another.",
}

func newStartTest(s *service) server.ServerTool {
	return typed.Tool[startInput, StartedTest]{
		Name:  startTestName,
		Title: "Start Access policy test",
		Description: "Starts a test of Cloudflare Access policies against all users of the organisation. It changes no policy and locks nobody out. " +
			"Each call starts a test: do not repeat it to see how one is going.",
		OpenWorld: true,
		Summary:   func(t StartedTest) string { return t.Summary },
		Call: func(ctx context.Context, in startInput) (StartedTest, error) {
			policies := make([]json.RawMessage, len(in.Policies))
			for i, p := range in.Policies {
				policies[i] = json.RawMessage(p)
			}
			watcher, release, err := s.watcher(ctx, in.AccountID)
			if err != nil {
				return StartedTest{}, err
			}
			defer release()
			calledAt := time.Now()
			answer, err := watcher.Client().StartPolicyTest(ctx, string(in.AccountID), policies)
			if err != nil {
				return StartedTest{}, err
			}
			if !PolicyTestID(answer.Result.ID).Valid() {
				return StartedTest{}, &cfapi.Error{Kind: cfapi.UnexpectedResponse, Summary: "a success without a usable ID of the test", MayBeDone: true}
			}
			s.observeStart(in, PolicyTestID(answer.Result.ID), calledAt)
			return s.afterStart(ctx, watcher, in, answer, calledAt), nil
		},
	}.ServerTool(s.typedOptions(startPhrases))
}

// started is the documented status of a start.
const started = "success"

// afterStart waits if that is wanted, and makes the result. Whatever happens on the
// way, the ID must reach the caller.
func (s *service) afterStart(ctx context.Context, watcher *watch.Watcher, in startInput, answer cfapi.Answer[cfapi.StartedPolicyTest], calledAt time.Time) StartedTest {
	out := StartedTest{ID: answer.Result.ID}
	out.Summary = fmt.Sprintf("Policy test %s was started.", out.ID)
	if status := answer.Result.Status; status != "" && status != started {
		out.Warnings = append(out.Warnings, "Cloudflare reports the start as "+s.quoted(shorten(status, nameTokens))+", not as "+cfapi.Quote(started)+": the test may not be running.")
	}
	for _, notice := range answer.Messages {
		out.Warnings = append(out.Warnings, s.noticeWarning(notice))
	}
	if in.WaitSeconds > 0 {
		id := PolicyTestID(out.ID)
		snapshot, err := s.readPolicyTest(ctx, watcher, in.AccountID, id, in.WaitSeconds.duration())
		if err != nil {
			out.Warnings = append(out.Warnings, "It could not be watched: "+s.requestError(ctx, readPhrases, err).Error())
		} else {
			test := s.newPolicyTest(ctx, id, snapshot)
			s.observe(in.AccountID, id, calledAt, snapshot, test)
			out.Test = (*watchedTest)(&test)
			out.Summary += " " + test.Summary
		}
	}
	out.Summary += s.nextStep(out.Test)
	for _, warning := range out.Warnings {
		out.Summary += " " + warning
	}
	return out
}

// nextStep is the sentence that names the tool to call next; "" if that is not
// served. test is nil if nothing is known of it yet.
func (s *service) nextStep(test *watchedTest) string {
	switch {
	case test != nil && test.Finished && s.serves(listUsersName):
		return " To see which users are locked out, call list_access_policy_test_users with status blocked."
	case (test == nil || !test.Finished) && s.serves(getTestName):
		return " To wait for its end, call get_access_policy_test with wait_seconds 45."
	}
	return ""
}
