package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"access-policy-mcp/tools"
)

func startCommand(settings *Settings) *cobra.Command {
	var (
		asJSON   bool
		policies []string
		wait     time.Duration
	)
	command := &cobra.Command{
		Use:   "start --policy ID|@FILE ...",
		Short: "Start a test of policies",
		Long: "Starts a test of reusable policies, by their IDs, or of inline policies in JSON files.\n\n" +
			"Exit status: 0 the test was started; with --wait as for get.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			list, err := readPolicies(policies)
			if err != nil {
				return exitWith(exitUsage, err)
			}
			settings.AllowStart = true // typing the command is permission
			var started struct{ Test *tools.PolicyTest }
			arguments := map[string]any{"policies": list, "wait_seconds": waitSeconds(wait)}
			if err := printToolCall(command, settings, toolCall{"start_access_policy_test", arguments, asJSON}, &started); err != nil {
				return err
			}
			switch {
			case wait == 0:
				return nil
			case started.Test == nil:
				return exitError{status: exitNotFinished}
			default:
				return exitWithOutcome(*started.Test)
			}
		},
	}
	addToolCallFlags(command.Flags(), settings, &asJSON)
	command.Flags().StringArrayVar(&policies, "policy", nil, "`ID` of a reusable policy, or @FILE with an inline policy as JSON; repeatable")
	addWaitFlag(command.Flags(), &wait)
	return command
}

// readPolicies turns the values of --policy into an argument of the tool.
func readPolicies(values []string) ([]any, error) {
	if len(values) == 0 {
		return nil, errors.New("--policy is missing")
	}
	var policies []any
	for _, value := range values {
		file, ok := strings.CutPrefix(value, "@")
		if !ok {
			policies = append(policies, value)
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var policy map[string]any
		if err := json.Unmarshal(data, &policy); err != nil {
			return nil, fmt.Errorf("%s: not a policy as JSON: %w", file, err)
		}
		policies = append(policies, policy)
	}
	return policies, nil
}
