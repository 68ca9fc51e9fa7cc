package cli

import (
	"io"
	"time"

	"github.com/spf13/cobra"

	"access-policy-mcp/tools"
)

func getCommand(settings *Settings) *cobra.Command {
	var (
		asJSON bool
		wait   time.Duration
		limits gates
	)
	command := &cobra.Command{
		Use:   "get [ID]",
		Short: "Ask how a test is going, or wait for its end",
		Long: "Asks how a test is going, once, or waits for its end with --wait. Without an ID\n" +
			"it asks about the last test that this machine has started or asked about.\n\n" +
			"Exit status:\n" +
			"  0    the test is complete\n" +
			"  1    no answer\n" +
			"  2    wrong usage\n" +
			"  3    the test has not finished\n" +
			"  4    it ended otherwise: blocked, or exceeded time\n" +
			"  5    a limit (--max-blocked, --max-errored) is exceeded\n" +
			"  130  interrupted; what is known is printed first\n\n" +
			"5 comes before 3 and 4. While a test goes on its counts can only grow, so a\n" +
			"number can be exceeded before the end; a percentage counts at the end alone.\n" +
			"A figure that is missing from a finished test exceeds every limit.",
		Example: "  access-policy-mcp get\n" +
			"  access-policy-mcp get ID\n" +
			"  access-policy-mcp get ID --wait 10m\n" +
			"  access-policy-mcp get ID --wait 1h --max-blocked 2% --max-errored 0\n" +
			"  access-policy-mcp get ID --json | jq .users_blocked\n" +
			"  access-policy-mcp get --simulate --wait 30",
		Args: oneTest,
		RunE: func(command *cobra.Command, args []string) error {
			subject := policyTest(command, settings, args)
			app, err := newTerminalApp(command, settings, subject.lacks...)
			if err != nil {
				return err
			}
			defer app.stop()
			_, _ = io.WriteString(app.console, subject.notice)
			var test tools.PolicyTest
			if err := app.printTest(command, subject.id, getCall(subject.id, wait, asJSON), &test); err != nil {
				return err
			}
			return limits.outcome(test)
		},
	}
	addRequestFlags(command.Flags(), settings, &asJSON)
	addWaitFlag(command, &wait)
	limits.addFlags(command.Flags())
	return command
}

// getCall is the call that tells how a test is going.
func getCall(id string, wait time.Duration, asJSON bool) toolCall {
	return toolCall{tool: "get_access_policy_test", arguments: map[string]any{"policy_test_id": id}, wait: wait, asJSON: asJSON, purpose: reading()}
}
