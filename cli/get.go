package cli

import (
	"errors"
	"math"
	"time"

	"github.com/spf13/cobra"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

func getCommand(settings *Settings) *cobra.Command {
	var (
		asJSON bool
		wait   time.Duration
	)
	command := &cobra.Command{
		Use:   "get [POLICY_TEST_ID]",
		Short: "Ask from the terminal how a test is going",
		Long: "Asks once, or waits for the end, through the same MCP server that an assistant uses, and prints the summary.\n\n" +
			"Exit status: 0 the test is complete, 3 it has not finished, 4 it ended otherwise, 1 no answer, 2 wrong usage, 130 interrupted.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			id, err := policyTestID(settings, args)
			if err != nil {
				return err
			}
			var test tools.PolicyTest
			arguments := map[string]any{"policy_test_id": id, "wait_seconds": waitSeconds(wait)}
			if err := printToolCall(command, settings, toolCall{"get_access_policy_test", arguments, asJSON}, &test); err != nil {
				return err
			}
			return exitWithOutcome(test)
		},
	}
	addRequestFlags(command.Flags(), settings, &asJSON)
	addWaitFlag(command.Flags(), &wait)
	return command
}

// policyTestID is the argument of a command about one test. The simulator has an
// example.
func policyTestID(settings *Settings, args []string) (string, error) {
	switch {
	case len(args) == 1:
		return args[0], nil
	case settings.Simulate:
		return simulator.PolicyTestID, nil
	default:
		return "", exitWith(exitUsage, errors.New("POLICY_TEST_ID is missing"))
	}
}

// waitSeconds is the argument wait_seconds for a duration, rounded up.
func waitSeconds(wait time.Duration) float64 { return math.Ceil(wait.Seconds()) }
