package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/server"
	"access-policy-mcp/tools"
)

// wayFound is what was found out about the way to the API.
type wayFound struct {
	finding
	reached cfapi.Reached
	clear   bool
	failure *cfapi.Error // that of the API itself; nil if it is clear, or could not be reached
}

// blocked says why nothing else can be asked; "" if it can.
func (w wayFound) blocked() string {
	switch {
	case w.clear:
		return ""
	case w.failure == nil:
		return "the API cannot be reached"
	case w.failure.Kind == cfapi.RateLimited:
		return "the quota is used up"
	default:
		return "the API answered with an error"
	}
}

// way asks the API for what it tells everybody.
func (d *doctor) way(ctx context.Context) wayFound {
	client, release, err := d.client(cfapi.Credentials{})
	if err != nil {
		return wayFound{finding: d.problem("api", err, tools.Credential{})}
	}
	defer release()
	through := ""
	if proxy := client.Proxy(); proxy != "" {
		through = " through the proxy " + proxy + " (HTTPS_PROXY)"
	}
	reached, err := client.Reach(ctx)
	if err != nil {
		f := d.problem("api", err, tools.Credential{})
		f.Text = client.BaseURL() + through + ": " + f.Text
		failure, _ := errors.AsType[*cfapi.Error](err) // as all errors of the client
		if failure.HTTPStatus == 0 || failure.Kind != cfapi.RateLimited && failure.Kind != cfapi.Unavailable {
			failure = nil // such as the page of a proxy
		}
		return wayFound{finding: f, failure: failure}
	}
	if d.settings.Simulate {
		return wayFound{finding{Check: "api", Status: statusOK, Text: "the embedded simulator answers (--simulate)"}, reached, true, nil}
	}
	text := fmt.Sprintf("%s answers%s in %d ms", client.BaseURL(), through, reached.Received.Sub(reached.Sent).Milliseconds())
	if reached.TLS != "" {
		text += " over " + reached.TLS
	}
	return wayFound{finding{Check: "api", Status: statusOK, Text: text}, reached, true, nil}
}

// clockTolerance is by how much the clock may be wrong. Leeways for tokens and assertions
// are a minute as a rule.
const clockTolerance = time.Minute

// clockFinding compares the clock with that of the API.
func clockFinding(w wayFound) finding {
	f := finding{Check: "clock", Status: statusSkipped, Text: "not checked, since " + w.blocked()}
	if !w.clear {
		return f
	}
	if w.reached.Date.IsZero() {
		f.Text = "not checked, since the API has not told the time"
		return f
	}
	// The API tells whole seconds, and the answer was on its way for at most this long.
	early, late := w.reached.Date.Sub(w.reached.Received), w.reached.Sent.Sub(w.reached.Date.Add(time.Second))
	switch {
	case early > clockTolerance:
		f.Text = "is " + rough(early) + " behind Cloudflare's"
	case late > clockTolerance:
		f.Text = "is " + rough(late) + " ahead of Cloudflare's"
	default:
		f.Status, f.Text = statusOK, "agrees with Cloudflare's"
		return f
	}
	f.Status = statusWarning
	f.Next = "Set it, or switch on its synchronisation: certificates and tokens are valid for a time."
	return f
}

// rough is a duration in its largest unit, rounded.
func rough(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {0, "second"}} {
		if d < 2*unit.length {
			continue
		}
		return fmt.Sprintf("%.0f %ss", math.Round(float64(d)/float64(max(unit.length, time.Second))), unit.name)
	}
	return ""
}

// answersFound is what the API has answered with the credential.
type answersFound struct {
	token, permission finding
	limit             cfapi.RateLimit
	exhausted         *cfapi.Error // the quota is used up
	blocked           bool         // it is, and the finding about the API says so
}

// ask asks with the credential for the token and for a test, at once.
func (d *doctor) ask(ctx context.Context, found credentialFound, way wayFound) answersFound {
	skipped := func(reason string) answersFound {
		f := finding{Status: statusSkipped, Text: "not checked, since " + reason}
		return answersFound{token: f.named("token"), permission: f.named("permission")}
	}
	switch {
	case !way.clear:
		all := skipped(way.blocked())
		all.blocked = way.failure != nil && way.failure.Kind == cfapi.RateLimited
		return all
	case !found.credentials.Present():
		return skipped("there is no credential")
	}
	client, release, err := d.client(found.credentials)
	if err != nil {
		return answersFound{token: d.problem("token", err, d.settings.Credential), permission: skipped("the credential cannot be sent").permission}
	}
	defer release()
	asked := begin(func() answer { return d.askForTest(ctx, client) })
	token, permission := d.askForToken(ctx, client, found.credentials.Token), asked()
	all := answersFound{token: token.finding, permission: permission.finding, limit: token.limit}
	if permission.limit.Known {
		all.limit = permission.limit
	}
	for _, a := range []answer{token, permission} {
		if a.failure != nil && a.failure.Kind == cfapi.RateLimited {
			all.exhausted = a.failure
			return answersFound{token: skipped("the quota is used up").token, permission: skipped("the quota is used up").permission, exhausted: a.failure}
		}
	}
	switch {
	case token.Status == statusFailed && permission.failure != nil && permission.failure.Kind == cfapi.Unauthenticated:
		all.permission = skipped("the token is not accepted").permission
	case token.failure != nil && !token.failure.Temporary() && permission.Status == statusOK:
		all.token = finding{Check: "token", Status: statusOK, Text: "accepted; Cloudflare does not tell when it expires"}
	}
	return all
}

// answer is what one request has brought.
type answer struct {
	finding
	limit   cfapi.RateLimit
	failure *cfapi.Error
}

// failed is an answer that is a failure.
func (d *doctor) failed(check string, err error) answer {
	a := answer{finding: d.problem(check, err, d.settings.Credential)}
	if failure, ok := errors.AsType[*cfapi.Error](err); ok {
		a.failure, a.limit = failure, failure.RateLimit
	}
	return a
}

// askForToken asks whether the token is valid, and until when.
func (d *doctor) askForToken(ctx context.Context, client *cfapi.Client, token string) answer {
	if token == "" {
		return answer{finding: finding{
			Check: "token", Status: statusNote, Text: "none: a global API key is used, which has all permissions of its owner",
			Next: "A token with one permission is safer.",
		}}
	}
	account := d.accountID()
	if strings.HasPrefix(token, accountTokenPrefix) && account == "" {
		return answer{finding: finding{
			Check: "token", Status: statusSkipped, Text: "not checked: an account token is verified in its account only",
			Next: "Set CLOUDFLARE_ACCOUNT_ID, add --account-id, or run " + server.Name + " login --account-id ID.",
		}}
	}
	result, err := verifyToken(ctx, client, token, account)
	if err != nil {
		a := d.failed("token", err)
		if refused(err) && account == "" && !strings.HasPrefix(token, userTokenPrefix) {
			a.Next += " If it belongs to an account, name that: --account-id or CLOUDFLARE_ACCOUNT_ID."
		}
		return a
	}
	f := finding{Check: "token"}
	if f.Status, f.Text = tokenState(result.Result, time.Now()); f.Status != statusOK {
		f.Next = "Create another (https://dash.cloudflare.com/profile/api-tokens), then "
		if source := d.settings.Credential.Source; source != "" {
			f.Next += "put it in the place of this one (" + source + ")."
		} else {
			f.Next += "run " + server.Name + " login again."
		}
	}
	return answer{finding: f, limit: result.RateLimit}
}

// absentTest is the ID of a test that does not exist: Cloudflare's are no such row.
const absentTest = "0000000000000000000000000000000000000000000000000000000000000000"

// askForTest asks for a test that does not exist: who may not ask is refused, and who may
// is told that there is none.
func (d *doctor) askForTest(ctx context.Context, client *cfapi.Client) answer {
	account := d.accountID()
	f := finding{Check: "permission", Status: statusSkipped, Text: "not checked, since there is no account to check it in"}
	if account == "" {
		return answer{finding: f}
	}
	result, err := client.GetPolicyTest(ctx, account, absentTest)
	failure, _ := errors.AsType[*cfapi.Error](err)
	switch {
	case err == nil, failure != nil && failure.Kind == cfapi.NotFound && !unrouted(failure):
		f.Status, f.Text = statusOK, "may ask about policy tests of the account (starting tests was not tried)"
	case failure != nil && failure.Kind == cfapi.NotFound:
		f.Status, f.Text, f.Next = statusFailed, "Cloudflare knows no such account: "+said(failure), "Check the account (--account-id or CLOUDFLARE_ACCOUNT_ID)."
	case failure != nil && failure.Kind == cfapi.InvalidArgument:
		f.Status, f.Text = statusWarning, "could not be told: Cloudflare refused the question: "+said(failure)
	default:
		return d.failed("permission", err)
	}
	a := answer{finding: f, limit: result.RateLimit, failure: failure}
	if failure != nil {
		a.limit = failure.RateLimit
	}
	return a
}

// unrouted reports whether the API did not understand the path, of which the account is a
// part.
func unrouted(failure *cfapi.Error) bool {
	return slices.ContainsFunc(failure.Codes(), func(code int) bool { return code == 7000 || code == 7003 })
}

// budget says how many requests there are: of this program, and of Cloudflare's quota.
func (d *doctor) budget(all answersFound) finding {
	f := finding{Check: "budget", Status: statusOK, Text: fmt.Sprintf("this program sends at most %d requests in any 5 minutes (--request-budget)", d.settings.RequestBudget)}
	switch seconds := int(math.Ceil(all.limit.Reset.Seconds())); {
	case all.blocked:
		f.Status, f.Text = statusSkipped, "not checked, since the quota is used up"
	case all.exhausted != nil:
		problem := d.problem("budget", all.exhausted, tools.Credential{})
		problem.Next = strings.TrimSpace(problem.Next + " Other programs with the same owner use the same quota.")
		return problem
	case !all.limit.Known:
	case all.limit.Remaining == 0 && all.limit.Reset > 0:
		f.Status, f.Text = statusWarning, fmt.Sprintf("Cloudflare's quota has no requests left for the next %d s", seconds)
		f.Next = "Wait: other programs with the same owner use the same quota."
	default:
		f.Text += fmt.Sprintf("; %d are left of Cloudflare's quota for the next %d s", all.limit.Remaining, seconds)
	}
	return f
}
