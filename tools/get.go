package tools

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/watch"
)

// idPattern is the alphabet of identifiers. It leaves nothing that could change
// the path of a request.
const idPattern = "^[A-Za-z0-9_-]+$"

type getInput struct {
	AccountID    string `json:"account_id" jsonschema:"minLength=1,maxLength=32,pattern=^[A-Za-z0-9_-]+$" jsonschema_description:"Cloudflare account ID"`
	PolicyTestID string `json:"policy_test_id" jsonschema:"minLength=1,maxLength=64,pattern=^[A-Za-z0-9_-]+$" jsonschema_description:"ID of the policy test"`
	WaitSeconds  int    `json:"wait_seconds,omitempty" jsonschema:"minimum=0,maximum=600,default=0" jsonschema_description:"0: answer at once. Above: wait until the test has finished or this many seconds have passed. Most clients cut a call off at 60 s, so 45 is a good value"`
}

// PolicyTest is the result of get_access_policy_test: the fields of Cloudflare's
// API under its names, each left out when the API left it out, and what this
// program makes of them.
type PolicyTest struct {
	ID     string       `json:"id,omitempty" jsonschema_description:"ID of the policy test"`
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
	Finished bool   `json:"finished" jsonschema_description:"Whether the test has ended"`
	Summary  string `json:"summary"`
	// CheckAgainAfterSeconds is present while the test has not finished.
	CheckAgainAfterSeconds int      `json:"check_again_after_seconds,omitempty"`
	Warnings               []string `json:"warnings,omitempty"`
}

func (t PolicyTest) text() string { return t.Summary }

func getAccessPolicyTest(options Options) server.ServerTool {
	return tool[getInput, PolicyTest]{
		name:  "get_access_policy_test",
		title: "Get Access policy test",
		description: "Reports how far a Cloudflare Access policy test has come and what it found: how many users the tested policies would approve, " +
			"block (lock out), or fail on. To know how it is going, call once without wait_seconds. To wait until it is done, call with wait_seconds 45 " +
			"and again while finished is false; do not poll in a loop. Not finished is a normal result.",
		readOnly:   true,
		idempotent: true,
		words:      readWords,
		call: func(ctx context.Context, in getInput, report reportFunc) (PolicyTest, error) {
			snapshot, err := observe(ctx, options.Watcher, in, report)
			if err != nil {
				return PolicyTest{}, err
			}
			return newPolicyTest(in.PolicyTestID, snapshot), nil
		},
	}.register(options)
}

// observe asks once, or waits.
func observe(ctx context.Context, watcher *watch.Watcher, in getInput, report reportFunc) (watch.Snapshot, error) {
	if in.WaitSeconds == 0 {
		return watcher.Get(ctx, in.AccountID, in.PolicyTestID)
	}
	var reportSnapshot func(watch.Snapshot)
	if report != nil {
		reportSnapshot = func(s watch.Snapshot) {
			if !s.Known() {
				report(nil, "waiting for Cloudflare's first answer")
				return
			}
			test := newPolicyTest(in.PolicyTestID, s)
			report(test.PercentUsersProcessed, test.progress())
		}
	}
	return watcher.Wait(ctx, in.AccountID, in.PolicyTestID, time.Duration(in.WaitSeconds)*time.Second, reportSnapshot)
}

func newPolicyTest(id string, snapshot watch.Snapshot) PolicyTest {
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
	if snapshot.Failure != nil {
		out.Warnings = append(out.Warnings, staleWarning(snapshot.Failure, time.Since(snapshot.ReadAt)))
	}
	for _, notice := range snapshot.Answer.Messages {
		out.Warnings = append(out.Warnings, "Cloudflare adds: "+brief(notice, noticeTokens[0]).String()+".")
	}
	out.Summary = out.summarize(id)
	return out
}

// summarize says everything that is in the result in sentences for a person.
func (t PolicyTest) summarize(id string) string {
	name, progress, outcomes := "Policy test "+shortID(id), t.progress(), t.outcomes()
	var b strings.Builder
	switch t.Status {
	case cfapi.Processing:
		fmt.Fprintf(&b, "%s is still processing: %s.%s", name, progress, ofThose(outcomes))
	case cfapi.Complete:
		fmt.Fprintf(&b, "%s is complete: %s.%s", name, progress, ofThose(outcomes))
	case cfapi.ExceededTime:
		fmt.Fprintf(&b, "%s exceeded its time limit before it finished: %s%s; the figures are partial.", name, progress, prefixed("; of those, ", outcomes))
	case cfapi.Blocked:
		fmt.Fprintf(&b, "%s was blocked: Cloudflare did not run it to the end. %s.%s", name, capitalized(progress), ofThose(outcomes))
	case "":
		fmt.Fprintf(&b, "%s: Cloudflare did not report its status; %s.%s", name, progress, ofThose(outcomes))
	default:
		fmt.Fprintf(&b, "%s has the status %s, which this version does not know, so it may or may not have ended: %s.%s",
			name, cfapi.Quote(string(t.Status)), progress, ofThose(outcomes))
	}
	if t.CheckAgainAfterSeconds > 0 {
		fmt.Fprintf(&b, " Check again in %d s.", t.CheckAgainAfterSeconds)
	}
	for _, warning := range t.Warnings {
		b.WriteString(" " + warning)
	}
	return b.String()
}

// progress words what is known of how far the test has come.
func (t PolicyTest) progress() string {
	switch percent, total := t.PercentUsersProcessed, t.TotalUsers; {
	case percent != nil && total != nil:
		return fmt.Sprintf("%s of %s processed", formatPercent(*percent), users(*total))
	case percent != nil:
		return formatPercent(*percent) + " of the users processed"
	case total != nil:
		return "no progress reported for the " + users(*total)
	default:
		return "no progress reported"
	}
}

// outcomes words what is known of the processed users; "" when nothing is.
func (t PolicyTest) outcomes() string {
	var parts []string
	for _, o := range []struct {
		count   *cfapi.Count
		percent *float64
		name    string
	}{
		{t.UsersApproved, t.PercentApproved, "approved"},
		{t.UsersBlocked, t.PercentBlocked, "blocked"},
		{t.UsersErrored, t.PercentErrored, "errored"},
	} {
		switch {
		case o.count != nil && o.percent != nil:
			parts = append(parts, fmt.Sprintf("%d %s (%s)", *o.count, o.name, formatPercent(*o.percent)))
		case o.count != nil:
			parts = append(parts, fmt.Sprintf("%d %s", *o.count, o.name))
		case o.percent != nil:
			parts = append(parts, formatPercent(*o.percent)+" "+o.name)
		}
	}
	return strings.Join(parts, ", ")
}

// ofThose makes a sentence of the outcomes, if there are any.
func ofThose(outcomes string) string {
	if outcomes == "" {
		return ""
	}
	return " Of those, " + outcomes + "."
}

func capitalized(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func users(n cfapi.Count) string {
	if n == 1 {
		return "1 user"
	}
	return fmt.Sprintf("%d users", n)
}

// formatPercent repeats the API's figure with all its digits.
func formatPercent(p float64) string {
	return strconv.FormatFloat(p, 'f', -1, 64) + "%"
}

// shortID keeps the ends of a long identifier, by which people tell them apart.
func shortID(id string) string {
	const ends = 4
	if len(id) <= 3*ends {
		return id
	}
	return id[:ends] + "…" + id[len(id)-ends:]
}
