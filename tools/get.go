package tools

import (
	"context"
	"time"

	"github.com/invopop/jsonschema"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/watch"
	"access-policy-mcp/tools/typed"
)

const getTestName = "get_access_policy_test"

type getInput struct {
	AccountID    AccountID    `json:"account_id"`
	PolicyTestID PolicyTestID `json:"policy_test_id"`
	WaitSeconds  waitSeconds  `json:"wait_seconds,omitempty" jsonschema_description:"0: answer at once. Above: wait until the test has finished or this many seconds have passed. Most clients cut a call off at 60 s, so 45 is a good value"`
}

// waitSeconds is how long a call may wait for the end of a test.
type waitSeconds int

// JSONSchema has the limits.
func (waitSeconds) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "integer", Minimum: "0", Maximum: "600", Default: 0}
}

func (s waitSeconds) duration() time.Duration { return time.Duration(s) * time.Second }

// PolicyTest is the result of get_access_policy_test: the fields of Cloudflare's
// API under its names, each left out when the API left it out, and what this
// program makes of them.
type PolicyTest struct {
	// ID has at most 64 characters.
	ID string `json:"id,omitempty" jsonschema_description:"ID of the policy test"`
	// Status may be one that Cloudflare does not document.
	Status cfapi.Status `json:"status,omitempty"`

	PercentUsersProcessed *float64 `json:"percent_users_processed,omitempty" jsonschema_description:"Per cent of all users"`
	PercentApproved       *float64 `json:"percent_approved,omitempty" jsonschema_description:"Per cent of processed users"`
	PercentBlocked        *float64 `json:"percent_blocked,omitempty" jsonschema_description:"Per cent of processed users"`
	PercentErrored        *float64 `json:"percent_errored,omitempty" jsonschema_description:"Per cent of processed users"`

	TotalUsers    *cfapi.Count `json:"total_users,omitempty"`
	UsersApproved *cfapi.Count `json:"users_approved,omitempty"`
	UsersBlocked  *cfapi.Count `json:"users_blocked,omitempty" jsonschema_description:"Users who would be locked out"`
	UsersErrored  *cfapi.Count `json:"users_errored,omitempty"`

	// Finished tells whether the test has ended. It is false for a status that
	// this version does not know.
	Finished bool `json:"finished" jsonschema_description:"Whether the test has ended"`
	// Summary says in sentences all that is in the result.
	Summary string `json:"summary"`
	// CheckAgainAfterSeconds is present while the test has not finished.
	CheckAgainAfterSeconds int `json:"check_again_after_seconds,omitempty"`
	// Warnings are sentences about the age of the figures, and messages of the API.
	Warnings []string `json:"warnings,omitempty"`
}

func newGetTest(s *service) server.ServerTool {
	return typed.Tool[getInput, PolicyTest]{
		Name:  getTestName,
		Title: "Get Access policy test",
		Description: "Reports how far a Cloudflare Access policy test has come and what it found: how many users the tested policies would approve, " +
			"block (lock out), or fail on. To know how it is going, call once without wait_seconds. To wait until it is done, call with wait_seconds 45 " +
			"and again while finished is false; do not poll in a loop. Not finished is a normal result.",
		ReadOnly:   true,
		Idempotent: true,
		OpenWorld:  true,
		Summary:    func(t PolicyTest) string { return t.Summary },
		Call: func(ctx context.Context, in getInput) (PolicyTest, error) {
			watcher, release, err := s.watcher(ctx, in.AccountID)
			if err != nil {
				return PolicyTest{}, err
			}
			defer release()
			calledAt := time.Now()
			snapshot, err := s.readPolicyTest(ctx, watcher, in.AccountID, in.PolicyTestID, in.WaitSeconds.duration())
			if err != nil {
				return PolicyTest{}, err
			}
			test := s.newPolicyTest(ctx, in.PolicyTestID, snapshot)
			s.observe(in.AccountID, in.PolicyTestID, calledAt, snapshot, test)
			return test, nil
		},
	}.ServerTool(s.typedOptions(readPhrases))
}

func (s *service) newPolicyTest(ctx context.Context, id PolicyTestID, snapshot watch.Snapshot) PolicyTest {
	test := snapshot.Answer.Result
	out := PolicyTest{
		ID:                    test.ID,
		Status:                test.Status,
		PercentUsersProcessed: test.PercentUsersProcessed,
		PercentApproved:       test.PercentApproved,
		PercentBlocked:        test.PercentBlocked,
		PercentErrored:        test.PercentErrored,
		TotalUsers:            test.TotalUsers,
		UsersApproved:         test.UsersApproved,
		UsersBlocked:          test.UsersBlocked,
		UsersErrored:          test.UsersErrored,
		Finished:              test.Status.Finished(),
	}
	if !out.Finished {
		out.CheckAgainAfterSeconds = wholeSeconds(snapshot.Next)
	}
	if warning := s.ageWarning(ctx, snapshot.Failure, time.Since(snapshot.ReadAt)); warning != "" {
		out.Warnings = append(out.Warnings, warning)
	}
	for _, notice := range snapshot.Answer.Messages {
		out.Warnings = append(out.Warnings, s.noticeWarning(notice))
	}
	out.Summary = out.summarize(id, s.quoted(string(out.Status)))
	if s.options.HideUserDetails {
		out.hideTexts(id)
	}
	return out
}
