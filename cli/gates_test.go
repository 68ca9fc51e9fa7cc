package cli

import (
	"errors"
	"testing"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools"
)

// TestLimitValues: what is no limit is refused.
func TestLimitValues(t *testing.T) {
	for _, text := range []string{"0", "5", "9223372036854775807", "0%", "2.5%", "100%", "100.0%"} {
		var l limit
		if err := l.Set(text); err != nil || l.String() != text {
			t.Errorf("%s: %v, %s", text, err, l.String())
		}
	}
	for _, text := range []string{"", "-1", "+1", "1.5", "x", "5 %", " 5", "%", ".5%", "5.%", "100.1%", "101%", "-1%", "NaN%", "Inf%", "1e1%", "0x1", "9223372036854775808", "5%%"} {
		l := limit{text: "7"}
		if err := l.Set(text); err == nil || l.text != "7" {
			t.Errorf("%q is accepted, or changes the limit: %+v", text, l)
		}
	}
}

// TestGates: which status a command ends with, and that it says which limit is exceeded.
func TestGates(t *testing.T) {
	count := func(n cfapi.Count) *cfapi.Count { return &n }
	percent := func(f float64) *float64 { return &f }
	processing := tools.PolicyTest{Status: cfapi.Processing, UsersBlocked: count(6), PercentBlocked: percent(60), UsersErrored: count(0), PercentErrored: percent(0)}
	complete := tools.PolicyTest{Status: cfapi.Complete, Finished: true, UsersBlocked: count(1), PercentBlocked: percent(2.5), UsersErrored: count(2), PercentErrored: percent(0.1)}
	unknown := tools.PolicyTest{Status: cfapi.Complete, Finished: true}
	ended := complete
	ended.Status = cfapi.Blocked
	for _, tt := range []struct {
		blocked, errored string
		test             tools.PolicyTest
		status           int
		text             string
	}{
		{"", "", complete, 0, ""},
		{"1", "2", complete, 0, ""},
		{"2.5%", "0.1%", complete, 0, ""},
		{"0", "", complete, 5, "--max-blocked 0 is exceeded: 1 user is blocked"},
		{"", "1", complete, 5, "--max-errored 1 is exceeded: 2 users are errored"},
		{"2.4%", "", complete, 5, "--max-blocked 2.4% is exceeded: 2.5% of the processed users are blocked"},
		{"0", "0%", complete, 5, "--max-blocked 0 is exceeded: 1 user is blocked; --max-errored 0% is exceeded: 0.1% of the processed users are errored"},
		{"100%", "", unknown, 5, "--max-blocked 100% is exceeded: the test has finished, but Cloudflare does not say how many users are blocked"},
		{"", "9223372036854775807", unknown, 5, "--max-errored 9223372036854775807 is exceeded: the test has finished, but Cloudflare does not say how many users are errored"},
		{"", "", unknown, 0, ""},
		{"1", "", ended, 4, ""},
		{"0", "", ended, 5, "--max-blocked 0 is exceeded: 1 user is blocked"},
		{"6", "", processing, 3, ""},
		{"5", "", processing, 5, "--max-blocked 5 is exceeded: 6 users are blocked"},
		{"59%", "", processing, 3, ""},
		{"1", "1", tools.PolicyTest{Status: cfapi.Processing}, 3, ""},
	} {
		var g gates
		if err := errors.Join(setIfAny(&g.blocked, tt.blocked), setIfAny(&g.errored, tt.errored)); err != nil {
			t.Fatal(err)
		}
		err := g.outcome(tt.test)
		exit, _ := errors.AsType[exitError](err)
		text := ""
		if exit.err != nil {
			text = exit.err.Error()
		}
		if exit.status != tt.status || text != tt.text {
			t.Errorf("%q, %q: %d %q, want %d %q", tt.blocked, tt.errored, exit.status, text, tt.status, tt.text)
		}
	}
}

func setIfAny(l *limit, text string) error {
	if text == "" {
		return nil
	}
	return l.Set(text)
}
