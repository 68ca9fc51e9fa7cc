package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools"
	"access-policy-mcp/tools/typed"
)

// startOptions are what start is to do.
type startOptions struct {
	policies []string // IDs, or @ and the name of a file
	wait     time.Duration
	limits   gates
	asJSON   bool
	quiet    bool // nothing but the ID is printed
}

func startCommand(settings *Settings) *cobra.Command {
	var options startOptions
	command := &cobra.Command{
		Use:   "start --policy ID|@FILE ...",
		Short: "Start a test of policies",
		Long: "Starts a test of reusable policies, by their IDs, or of policies in JSON files.\n" +
			"It changes no policy and locks nobody out. With --wait it waits for the end too.\n\n" +
			"Exit status: 0 the test was started; with --wait as of get. 1 no answer, 2 wrong\n" +
			"usage, 5 a limit (--max-blocked, --max-errored) is exceeded, 130 interrupted.",
		Example: "  access-policy-mcp start --policy ID\n" +
			"  access-policy-mcp start --policy @policy.json --wait 10m\n" +
			"  access-policy-mcp start --policy ID --wait 1h --max-blocked 2%\n" +
			"  id=$(access-policy-mcp start -q --policy ID)\n" +
			"  access-policy-mcp start --simulate --policy example --wait 30",
		Args: noPolicies,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := options.check(); err != nil {
				return usageError(command, err.Error())
			}
			policies, err := readPolicies(options.policies)
			if err != nil {
				return usageError(command, err.Error())
			}
			settings.AllowStart = true // typing the command is permission
			var lacks []lack
			if policies == nil {
				lacks = []lack{{"--policy", "name a reusable policy by its ID, or a file with a policy as @FILE. See " + command.CommandPath() + " --help"}}
			}
			app, err := newTerminalApp(command, settings, lacks...)
			if err != nil {
				return err
			}
			defer app.stop()
			return app.start(command, options, policies)
		},
	}
	flags := command.Flags()
	addRequestFlags(flags, settings, &options.asJSON)
	flags.StringArrayVar(&options.policies, "policy", nil, "`ID` of a reusable policy, or @FILE with a policy as JSON; repeatable")
	flags.BoolVarP(&options.quiet, "quiet", "q", false, "print the ID of the test alone")
	addWaitFlag(command, &options.wait)
	options.limits.addFlags(flags)
	return command
}

// check says which flags do not go together.
func (o startOptions) check() error {
	var err error
	if o.quiet && o.asJSON {
		err = errors.Join(err, errors.New("--quiet and --json do not go together: leave one out"))
	}
	if o.limits.set() && o.wait == 0 {
		err = errors.Join(err, errors.New("--max-blocked and --max-errored need --wait: a test that has just been started has found nothing yet"))
	}
	return err
}

// startResult is what start prints as JSON.
type startResult struct {
	ID       string            `json:"id"`
	Summary  string            `json:"summary"`
	Test     *tools.PolicyTest `json:"test,omitempty"` // after a wait
	Warnings []string          `json:"warnings,omitempty"`
}

// start starts a test and prints its ID before anything else can happen.
func (a *app) start(command *cobra.Command, options startOptions, policies []any) error {
	ctx := command.Context()
	var result startResult
	call := toolCall{tool: "start_access_policy_test", arguments: map[string]any{"policies": policies}, asJSON: true, purpose: starting(options.policies)}
	if _, err := a.callTool(ctx, call, &result); err != nil {
		if errors.Is(err, errInterrupted) {
			return exitWith(exitInterrupted, errors.New("interrupted: "+outcomeUnknown))
		}
		return err
	}
	result.Summary = fmt.Sprintf("Policy test %s was started.", result.ID)
	if err := a.printStarted(command, options, result); err != nil {
		return err
	}
	outcome := a.waitForStarted(command, options, &result)
	if !options.asJSON {
		return outcome
	}
	for _, warning := range result.Warnings {
		result.Summary += " " + warning
	}
	data, err := typed.Marshal(result)
	if err != nil {
		return exitWith(exitFailure, err)
	}
	if err := write(ctx, command.OutOrStdout(), string(data)+"\n"); err != nil {
		return unprinted(err, result.ID)
	}
	return outcome
}

// printStarted prints the ID of the new test, and what to type next if that is all that
// the command does. JSON is printed when everything is known.
func (a *app) printStarted(command *cobra.Command, options startOptions, result startResult) error {
	for _, warning := range result.Warnings {
		if !options.asJSON {
			_, _ = fmt.Fprintln(command.ErrOrStderr(), warning)
		}
	}
	text := result.Summary
	switch {
	case options.asJSON:
		return nil
	case options.quiet:
		text = result.ID
	case options.wait == 0:
		if next := a.nextCommand(command, result.ID, tools.PolicyTest{Status: cfapi.Processing}); next != "" {
			text += "\nTo wait for its end: " + next
		}
	}
	return unprinted(write(command.Context(), command.OutOrStdout(), text+"\n"), result.ID)
}

// unprinted is the error of a write that was to print the ID of a new test: whoever does
// not get that must not start another.
func unprinted(err error, id string) error {
	exit, ok := errors.AsType[exitError](err)
	if !ok {
		return err
	}
	return exitWith(exit.status, errors.New("policy test "+id+" was started, but could not be printed: "+exit.err.Error()))
}

// waitForStarted waits for the end of the new test, if that is wanted, prints how it
// stands and returns what the command ends with.
func (a *app) waitForStarted(command *cobra.Command, options startOptions, result *startResult) error {
	ctx := command.Context()
	if ctx.Err() != nil {
		return errInterrupted
	}
	if options.wait == 0 {
		return nil
	}
	var test tools.PolicyTest
	call := getCall(result.ID, options.wait, options.asJSON)
	call.quiet = options.quiet
	var err error
	if options.asJSON || options.quiet {
		_, err = a.callTool(ctx, call, &test)
	} else {
		err = a.printTest(command, result.ID, call, &test)
	}
	if err == nil || test.Summary != "" {
		result.Test = &test
		result.Summary += " " + test.Summary
	}
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err == nil:
		return options.limits.outcome(test)
	}
	warning := "It could not be watched: " + err.Error()
	if options.asJSON {
		result.Warnings = append(result.Warnings, warning)
	}
	return exitWith(exitNotFinished, errors.New(strings.ToLower(warning[:1])+warning[1:]))
}
