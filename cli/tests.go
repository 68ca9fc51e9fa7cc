package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/history"
	"access-policy-mcp/server"
)

func testsCommand(settings *Settings) *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "tests",
		Short: "List the tests that this machine has started or asked about",
		Long: "Lists the tests that this machine has started or asked about, the newest\n" +
			"first, with what was last known of each. It asks nobody: Cloudflare's API has no\n" +
			"list of tests. With --simulate it lists simulated tests alone.\n\n" +
			"On a terminal it is a table. Elsewhere each line has, separated by tabs: ID,\n" +
			"account, status, percentage processed, users, approved, blocked, errored, start,\n" +
			"last asked, policies and, of a simulated test, \"simulated\".",
		Example: "  access-policy-mcp tests\n" +
			"  access-policy-mcp tests --simulate\n" +
			"  access-policy-mcp get $(access-policy-mcp tests | head -n 1 | cut -f 1)",
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			tests, err := settings.rememberedTests()
			if !readable(err) {
				return exitWith(exitFailure, fmt.Errorf("the tests that this machine remembers cannot be read: %w", err))
			}
			if settings.Simulate {
				tests = slices.DeleteFunc(tests, func(t history.Test) bool { return !t.Simulated })
			}
			if err != nil {
				_, _ = fmt.Fprintln(command.ErrOrStderr(), err)
			} else if len(tests) == 0 {
				_, _ = fmt.Fprintln(command.ErrOrStderr(), settings.noTests())
			}
			text, err := testsText(settings.output(command.OutOrStdout()), tests, asJSON)
			if err != nil {
				return exitWith(exitFailure, err)
			}
			return write(command.Context(), command.OutOrStdout(), text)
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print the structured result")
	return command
}

// noTests says why the list is empty, and what to do.
func (s *Settings) noTests() string {
	simulate := ""
	if s.Simulate {
		simulate = " --simulate"
	}
	if s.NoHistory {
		return "With --no-history no test is remembered."
	}
	if s.history() == nil {
		return strings.ToUpper(nowhere[:1]) + nowhere[1:] + "."
	}
	return "This machine remembers no test yet. To start one: " + server.Name + " start" + simulate + " --policy ID. To ask about one: " +
		server.Name + " get" + simulate + " ID"
}

// testsText is the list as it is printed: a table on a terminal, tab-separated elsewhere.
func testsText(out output, tests []history.Test, asJSON bool) (string, error) {
	if asJSON {
		data, err := json.Marshal(struct {
			Tests []history.Test `json:"tests"`
		}{append([]history.Test{}, tests...)})
		return string(data) + "\n", err
	}
	if out.terminal() {
		return rendered(testsTable(tests, time.Now(), out.width()), out.colored), nil
	}
	var text strings.Builder
	for _, t := range tests {
		writeTestLine(&text, t)
	}
	return text.String(), nil
}

// writeTestLine writes what programs want to cut out: the ID first.
func writeTestLine(text *strings.Builder, t history.Test) {
	r := resultOf(t)
	fields := []string{t.PolicyTestID, t.AccountID, string(r.Status), percentText(r.PercentUsersProcessed)}
	for _, count := range []*cfapi.Count{r.TotalUsers, r.UsersApproved, r.UsersBlocked, r.UsersErrored} {
		fields = append(fields, countText(count))
	}
	fields = append(fields, timeText(t.StartedAt), timeText(t.AskedAt), strings.Join(t.Policies, ","), simulatedText(t))
	text.WriteString(strings.Join(fields, "\t") + "\n")
}

func simulatedText(t history.Test) string {
	if t.Simulated {
		return "simulated"
	}
	return ""
}

// resultOf is what is known of a test, which may be nothing.
func resultOf(t history.Test) history.Result {
	if t.Result == nil {
		return history.Result{}
	}
	return *t.Result
}

func countText(n *cfapi.Count) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(int64(*n), 10)
}

func percentText(percent *float64) string {
	if percent == nil {
		return ""
	}
	return strconv.FormatFloat(*percent, 'f', -1, 64)
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
