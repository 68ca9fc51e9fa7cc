package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools"
)

// gates are the limits of a pipeline step: how many users a test may find blocked, and
// errored.
type gates struct{ blocked, errored limit }

// limit is a number of users, or a percentage of the users that have been processed.
type limit struct {
	text      string // as it was typed; "" for no limit
	count     cfapi.Count
	percent   float64
	isPercent bool
}

// Set reads a limit: a whole number, or a percentage up to 100%.
func (l *limit) Set(text string) error {
	read := limit{text: text}
	var number string
	var err error
	switch number, read.isPercent = strings.CutSuffix(text, "%"); {
	case !isDecimal(number), !read.isPercent && strings.Contains(number, "."):
		err = strconv.ErrSyntax
	case read.isPercent:
		read.percent, err = strconv.ParseFloat(number, 64)
	default:
		var count int64
		count, err = strconv.ParseInt(number, 10, 64)
		read.count = cfapi.Count(count)
	}
	if err != nil || read.percent > 100 {
		return fmt.Errorf("must be a number of users, such as 5, or a percentage of those processed from 0%% to 100%%, such as 2%%; not %q", text)
	}
	*l = read
	return nil
}

// isDecimal reports whether text is digits, with at most one point between them.
func isDecimal(text string) bool {
	whole, fraction, point := strings.Cut(text, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return digits(whole) && (!point || digits(fraction))
}

// String is the limit as it was typed.
func (l *limit) String() string { return l.text }

// Type names the value in help texts.
func (l *limit) Type() string { return "N|P%" }

// addFlags adds the flags that set the limits.
func (g *gates) addFlags(flags *pflag.FlagSet) {
	flags.Var(&g.blocked, "max-blocked", "exit with 5 if more than `N|P%` are blocked: a number of users, or a percentage of those processed")
	flags.Var(&g.errored, "max-errored", "exit with 5 if more than `N|P%` are errored")
}

// set reports whether there is a limit.
func (g *gates) set() bool { return g.blocked.text != "" || g.errored.text != "" }

// outcome is what a command about test ends with: a limit that is exceeded counts for
// more than how the test stands.
func (g *gates) outcome(test tools.PolicyTest) error {
	var exceeded []string
	for _, text := range []string{
		g.blocked.exceeded("--max-blocked", "blocked", test.UsersBlocked, test.PercentBlocked, test.Finished),
		g.errored.exceeded("--max-errored", "errored", test.UsersErrored, test.PercentErrored, test.Finished),
	} {
		if text != "" {
			exceeded = append(exceeded, text)
		}
	}
	if exceeded != nil {
		return exitWith(exitExceeded, errors.New(strings.Join(exceeded, "; ")))
	}
	return exitWithOutcome(test)
}

// exceeded says that the figures of a test exceed the limit; "" if they do not. A figure
// that is missing from a finished test exceeds every limit. In a test that goes on the
// counts can only grow, but a percentage can still fall: it says nothing yet.
func (l *limit) exceeded(flag, users string, count *cfapi.Count, percent *float64, finished bool) string {
	what := fmt.Sprintf("%s %s is exceeded: ", flag, l.text)
	switch {
	case l.text == "" || !finished && l.isPercent:
		return ""
	case l.isPercent && percent != nil:
		if *percent > l.percent {
			return what + strconv.FormatFloat(*percent, 'f', -1, 64) + "% of the processed users are " + users
		}
	case !l.isPercent && count != nil:
		if *count > l.count {
			if *count == 1 {
				return what + "1 user is " + users
			}
			return what + fmt.Sprintf("%d users are %s", *count, users)
		}
	case finished:
		return what + "the test has finished, but Cloudflare does not say how many users are " + users
	}
	return ""
}
