package tools

import (
	"strconv"
	"strings"

	"access-policy-mcp/cfapi"
)

// summarize says in sentences for a person everything that is in the result. quoted is
// the status in quotation marks.
func (t PolicyTest) summarize(id PolicyTestID, quoted string) string {
	progress, outcomes := t.progress(), t.outcomes()
	var b strings.Builder
	b.Grow(192)
	b.WriteString("Policy test " + string(shortID(id)))
	switch t.Status {
	case cfapi.Processing:
		b.WriteString(" is still processing: " + progress + "." + ofThose(outcomes))
	case cfapi.Complete:
		b.WriteString(" is complete: " + progress + "." + ofThose(outcomes))
	case cfapi.ExceededTime:
		b.WriteString(" exceeded its time limit before it finished: " + progress + prefixed("; of those, ", outcomes) + "; the figures are partial.")
	case cfapi.Blocked:
		b.WriteString(" was blocked: Cloudflare did not run it to the end. " + capitalized(progress) + "." + ofThose(outcomes))
	case "":
		b.WriteString(": Cloudflare did not report its status; " + progress + "." + ofThose(outcomes))
	default:
		b.WriteString(" has the status " + quoted + ", which this version does not know, so it may or may not have ended: " + progress + "." + ofThose(outcomes))
	}
	if t.CheckAgainAfterSeconds > 0 {
		b.WriteString(" Check again in " + strconv.Itoa(t.CheckAgainAfterSeconds) + " s.")
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
		return formatPercent(*percent) + " of " + users(*total) + " processed"
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
	parts := make([]string, 0, 3)
	for _, o := range [...]struct {
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
			parts = append(parts, formatCount(*o.count)+" "+o.name+" ("+formatPercent(*o.percent)+")")
		case o.count != nil:
			parts = append(parts, formatCount(*o.count)+" "+o.name)
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
	return formatCount(n) + " users"
}

func formatCount(n cfapi.Count) string { return strconv.FormatInt(int64(n), 10) }

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
