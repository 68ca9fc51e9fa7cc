package cli

import (
	"encoding/json"
	"errors"
	"fmt"
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
			var started struct {
				ID   string
				Test *tools.PolicyTest
			}
			arguments := map[string]any{"policies": list, "wait_seconds": waitSeconds(wait)}
			err = printToolCall(command, settings, toolCall{"start_access_policy_test", arguments, asJSON}, &started)
			if errors.Is(err, errInterrupted) && started.ID == "" {
				return exitWith(exitInterrupted, errors.New("interrupted: it is not known whether a test was started; look in the Cloudflare dashboard before you start another"))
			}
			if err != nil {
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
	addRequestFlags(command.Flags(), settings, &asJSON)
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
		policy, err := readPolicy(file)
		if err != nil {
			return nil, fmt.Errorf("--policy @%s: %w", file, err)
		}
		policies = append(policies, policy)
	}
	return policies, nil
}

// maxPolicyFile is the largest file with an inline policy, in bytes: far more than a
// policy has.
const maxPolicyFile = 1 << 20

// readPolicy reads a file with one JSON object, and keeps it as it is written: not every
// number in it can be kept otherwise.
func readPolicy(file string) (json.RawMessage, error) {
	data, err := readBounded(file, maxPolicyFile)
	if err != nil {
		return nil, err
	}
	var policy map[string]json.RawMessage
	if err := json.Unmarshal(data, &policy); err != nil {
		return nil, fmt.Errorf("not a policy as JSON: %w", err)
	}
	if policy == nil {
		return nil, errors.New("not a policy as JSON: null is no object")
	}
	return data, nil
}
