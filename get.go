package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/spf13/cobra"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

func (p *program) getCommand() *cobra.Command {
	var (
		accountID string
		asJSON    bool
		wait      time.Duration
	)
	command := &cobra.Command{
		Use:   "get [POLICY_TEST_ID]",
		Short: "Ask from the terminal",
		Long: "Asks once, or waits for the end, through the same MCP server that an assistant uses, and prints the summary.\n\n" +
			"Exit status: 0 the test is complete, 3 it has not finished, 4 it ended otherwise, 1 no answer, 2 wrong usage.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			if !command.Flags().Changed("log-level") {
				p.logLevel = slog.LevelWarn // a line per call is for servers
			}
			var policyTestID string
			switch {
			case len(args) == 1:
				policyTestID = args[0]
			case p.simulate:
				policyTestID = simulator.PolicyTestID
			default:
				return usage(errors.New("POLICY_TEST_ID is missing"))
			}
			app, err := p.build(accountID)
			if err != nil {
				return err
			}
			defer app.stop()
			arguments := map[string]any{"policy_test_id": policyTestID}
			if wait != 0 {
				arguments["wait_seconds"] = math.Ceil(wait.Seconds())
			}
			var show func(float64, string)
			done := func() {}
			if !asJSON {
				show, done = progressDisplay(p.stderr)
			}
			result, err := app.server.CallTool(command.Context(), "get_access_policy_test", arguments, show)
			done()
			if err != nil {
				return failed(err)
			}
			return p.show(result, asJSON)
		},
	}
	command.Flags().StringVar(&accountID, "account-id", "", "Cloudflare account `ID` (default: CLOUDFLARE_ACCOUNT_ID)")
	command.Flags().DurationVar(&wait, "wait", 0, "wait for the end of the test this long at most, such as 60s or 10m")
	command.Flags().BoolVar(&asJSON, "json", false, "print the structured result instead of the summary")
	return command
}

// show prints a result; the error carries the exit status.
func (p *program) show(result *mcp.CallToolResult, asJSON bool) error {
	text := result.Content[0].(mcp.TextContent).Text
	if result.IsError {
		return exitError{failureStatus(result), errors.New(text)}
	}
	if asJSON {
		text = string(result.RawStructuredContent)
	}
	if _, err := fmt.Fprintln(p.stdout, text); err != nil {
		return failed(err)
	}
	var test tools.PolicyTest
	if err := json.Unmarshal(result.RawStructuredContent, &test); err != nil {
		return failed(err)
	}
	switch {
	case test.Status == cfapi.Complete:
		return nil
	case test.Finished:
		return exitError{status: exitNotComplete}
	default:
		return exitError{status: exitNotFinished}
	}
}

// failureStatus tells arguments that were wrong here from answers that did not
// come.
func failureStatus(result *mcp.CallToolResult) int {
	var info tools.ErrorInfo
	if data, err := json.Marshal(result.Meta.GetMetaField(tools.ErrorMetaKey)); err == nil {
		_ = json.Unmarshal(data, &info)
	}
	if info.Kind == cfapi.InvalidArgument && info.HTTPStatus == 0 {
		return exitUsage
	}
	return exitNoAnswer
}
