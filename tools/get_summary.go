package tools

import (
	"fmt"
	"strconv"
	"strings"

	"access-policy-mcp/cfapi"
)

// summarize says in sentences for a person everything that is in the result. quoted is
// the status in quotation marks.
func (t PolicyTest) summarize(id PolicyTestID, quoted string) string {
	name, progress, outcomes := "Policy test "+string(shortID(id)), t.progress(), t.outcomes()
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
			name, quoted, progress, ofThose(outcomes))
	}
	if t.CheckAgainAfterSeconds > 0 {
		fmt.Fprintf(&b, " Check again in %d s.", t.CheckAgainAfterSeconds)
	}
	for _, warning := range t.Warnings {
		b.WriteString(" " + warning)
	}
	return b.String()
}

// progress says how far the test has come, as far as that is known.
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

// outcomes says what became of the processed users; "" if that is not known.
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
func shortID(id PolicyTestID) PolicyTestID {
	const ends = 4
	if len(id) <= 3*ends {
		return id
	}
	return id[:ends] + "…" + id[len(id)-ends:]
}
