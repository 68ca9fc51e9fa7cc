package main

import (
	"errors"
	"math"
	"time"

	"github.com/spf13/cobra"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

// Exit statuses of the commands that ask about a test.
const (
	exitNoAnswer    = 1 // no answer; of other commands: a failure
	exitUsage       = 2 // wrong usage
	exitNotFinished = 3 // answered, but the test has not finished
	exitNotComplete = 4 // the test ended otherwise than complete
)

func (p *program) getCommand() *cobra.Command {
	var (
		call terminalCall
		wait time.Duration
	)
	command := &cobra.Command{
		Use:   "get [POLICY_TEST_ID]",
		Short: "Ask from the terminal how a test is going",
		Long: "Asks once, or waits for the end, through the same MCP server that an assistant uses, and prints the summary.\n\n" +
			"Exit status: 0 the test is complete, 3 it has not finished, 4 it ended otherwise, 1 no answer, 2 wrong usage.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			id, err := p.policyTestID(args)
			if err != nil {
				return err
			}
			call.arguments = map[string]any{"policy_test_id": id, "wait_seconds": waitSeconds(wait)}
			var test tools.PolicyTest
			if err := p.callTool(command, "get_access_policy_test", call, &test); err != nil {
				return err
			}
			return statusOf(test)
		},
	}
	call.addFlags(command)
	addWaitFlag(command, &wait)
	return command
}

// policyTestID is the argument of a command about one test. The simulator has an
// example.
func (p *program) policyTestID(args []string) (string, error) {
	switch {
	case len(args) == 1:
		return args[0], nil
	case p.simulate:
		return simulator.PolicyTestID, nil
	default:
		return "", usage(errors.New("POLICY_TEST_ID is missing"))
	}
}

func addWaitFlag(command *cobra.Command, wait *time.Duration) {
	command.Flags().DurationVar(wait, "wait", 0, "wait for the end of the test this long at most, such as 60s or 10m")
}

func waitSeconds(wait time.Duration) float64 { return math.Ceil(wait.Seconds()) }

// statusOf is the exit status that tells how a test stands.
func statusOf(test tools.PolicyTest) error {
	switch {
	case test.Status == cfapi.Complete:
		return nil
	case test.Finished:
		return exitError{status: exitNotComplete}
	default:
		return exitError{status: exitNotFinished}
	}
}
