package cli

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/history"
	"access-policy-mcp/server"
	"access-policy-mcp/tools"
)

// subject is the test that a command is about.
type subject struct {
	id     string
	lacks  []lack // says that there is no ID
	notice string // lines for stderr, before the command does anything; mostly ""
}

// policyTest is the test that a command is given or, without one, the newest in the
// history, which the notice says. Unless an account is set, the test's own becomes that of
// the command, as if it had been typed. The simulator has an example besides.
func policyTest(command *cobra.Command, settings *Settings, args []string) subject {
	typeIt := "type it after the command, as in " + command.CommandPath() + " ID"
	if len(args) == 1 {
		if strings.TrimSpace(args[0]) == "" { // as of a variable that was to have the ID
			return subject{id: args[0], lacks: []lack{{"the ID of a test", typeIt}}}
		}
		return subject{id: args[0]}
	}
	kept, _ := settings.kept()
	account := cmp.Or(settings.AccountID, strings.TrimSpace(settings.environment["CLOUDFLARE_ACCOUNT_ID"]), kept.AccountID)
	if settings.Simulate {
		account = cmp.Or(settings.AccountID, simulator.AccountID)
	}
	tests, err := settings.rememberedTests()
	test, ok := history.Newest(tests, account, settings.Simulate)
	notice := ""
	if err != nil && readable(err) {
		notice = err.Error() + "\n"
	}
	switch {
	case ok:
		if account == "" {
			_ = command.Flags().Set("account-id", test.AccountID) // a text, which cannot be wrong
		}
		return subject{id: test.PolicyTestID, notice: notice + lastWords(test)}
	case settings.Simulate:
		return subject{id: simulator.PolicyTestID, notice: notice}
	default:
		return subject{lacks: []lack{{"the ID of a test", typeIt + "; " + settings.noLastTest(tests, err)}}}
	}
}

// rememberedTests are those of the history with IDs that a command could be given: anybody may
// have edited the file.
func (s *Settings) rememberedTests() ([]history.Test, error) {
	store := s.history()
	if store == nil {
		return nil, nil
	}
	tests, err := store.Tests()
	var valid []history.Test
	for _, t := range tests {
		if tools.AccountID(t.AccountID).Valid() && tools.PolicyTestID(t.PolicyTestID).Valid() {
			valid = append(valid, t)
		}
	}
	return valid, err
}

// lastWords say which test a command without an ID takes.
func lastWords(test history.Test) string {
	when := "asked about " + ago(time.Since(test.AskedAt))
	if !test.StartedAt.IsZero() {
		when = "started " + ago(time.Since(test.StartedAt))
	}
	policies := ""
	if len(test.Policies) > 0 {
		policies = " with " + strings.Join(test.Policies, ", ")
	}
	return fmt.Sprintf("The last test, %s%s: %s\n", when, policies, test.PolicyTestID)
}

// nowhere is why nothing is remembered where the environment does not tell where.
const nowhere = "nothing is remembered, because the environment names no home directory"

// noLastTest says why there is no last test to take. err is why the history could not be
// read, if it could not.
func (s *Settings) noLastTest(tests []history.Test, err error) string {
	_, ofOthers := history.Newest(tests, "", false)
	_, simulated := history.Newest(tests, "", true)
	switch {
	case s.NoHistory:
		return "with --no-history no test is remembered"
	case s.history() == nil:
		return nowhere
	case !readable(err):
		return "the tests that this machine remembers cannot be read: " + err.Error()
	case ofOthers:
		return "this machine remembers tests of other accounts only: see " + server.Name + " tests"
	case simulated:
		return "this machine remembers only simulated tests, which --simulate asks about"
	case err != nil:
		return err.Error()
	default:
		return "this machine remembers no test yet"
	}
}

// ago says how long ago something was, in one unit.
func ago(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / unit.of; n > 0 {
			return fmt.Sprintf("%d %s ago", n, unit.name)
		}
	}
	return "just now"
}
