package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools"
)

// toolCall is a call of a tool from the terminal.
type toolCall struct {
	tool      string
	arguments map[string]any
	asJSON    bool // the structured result is wanted, and no progress
}

// addRequestFlags adds the flags of every command that asks Cloudflare for something.
func addRequestFlags(flags *pflag.FlagSet, settings *Settings, asJSON *bool) {
	flags.StringVar(&settings.AccountID, "account-id", "", "Cloudflare account `ID` (default: CLOUDFLARE_ACCOUNT_ID)")
	flags.BoolVar(asJSON, "json", false, "print the structured result")
}

func addWaitFlag(flags *pflag.FlagSet, wait *time.Duration) {
	flags.DurationVar(wait, "wait", 0, "wait for the end of the test this long at most, such as 60s or 10m")
}

// newTerminalApp is newApp for a command that asks Cloudflare for something. Unless the log level has
// been chosen, it logs no record per call: those are for servers.
func newTerminalApp(command *cobra.Command, settings *Settings) (*app, error) {
	if !command.Flags().Changed("log-level") {
		settings.LogLevel = slog.LevelWarn
	}
	settings.Tools = nil // which tools a server offers is nothing to a person's command
	return newApp(settings, command.ErrOrStderr())
}

// printToolCall makes a call, prints its text and decodes its structured result into
// result. If it is interrupted, it prints what is known, and returns errInterrupted.
func printToolCall(command *cobra.Command, settings *Settings, call toolCall, result any) error {
	app, err := newTerminalApp(command, settings)
	if err != nil {
		return err
	}
	defer app.stop()
	text, err := app.callTool(command.Context(), command.ErrOrStderr(), call, result)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(command.OutOrStdout(), text); err != nil {
		return exitWith(exitFailure, err)
	}
	if command.Context().Err() != nil {
		return errInterrupted
	}
	return nil
}

// callTool calls a tool through the MCP server, as an assistant would, and shows its
// progress on stderr. It decodes the structured result into result and returns the text
// to print: the summary, or the structured result as it is.
func (a *app) callTool(ctx context.Context, stderr io.Writer, call toolCall, result any) (text string, err error) {
	var progress func(percent float64, message string)
	done := func() {}
	if !call.asJSON {
		progress, done = progressDisplay(stderr)
	}
	answer, err := a.untilInterrupted(ctx, call, progress)
	done()
	if err != nil {
		return "", err
	}
	text = answer.Content[0].(mcp.TextContent).Text
	if answer.IsError && ctx.Err() != nil {
		return "", errInterrupted
	}
	if answer.IsError {
		return "", exitWith(statusOfFailure(answer), errors.New(text))
	}
	if call.asJSON {
		text = string(answer.RawStructuredContent)
	}
	return text, exitWith(exitFailure, json.Unmarshal(answer.RawStructuredContent, result))
}

// interruptedGrace is how long an interrupted call may take to answer with what it has.
const interruptedGrace = 500 * time.Millisecond

// untilInterrupted makes a call. When ctx ends, a wait answers with what it has; a call
// that does not answer is left to itself, since the program ends.
func (a *app) untilInterrupted(ctx context.Context, call toolCall, progress func(percent float64, message string)) (*mcp.CallToolResult, error) {
	var answer *mcp.CallToolResult
	var err error
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		answer, err = a.server.CallTool(tools.WithCaller(ctx, a.caller), call.tool, call.arguments, progress)
	}()
	select {
	case <-answered:
		return answer, exitWith(exitFailure, err)
	case <-ctx.Done():
	}
	select {
	case <-answered:
		return answer, exitWith(exitFailure, err)
	case <-time.After(interruptedGrace):
		return nil, errInterrupted
	}
}

// statusOfFailure is the exit status for a failed call: arguments that were refused
// here, before anything was sent, are wrong usage.
func statusOfFailure(failed *mcp.CallToolResult) int {
	var info tools.ErrorInfo
	if data, err := json.Marshal(failed.Meta.GetMetaField(tools.ErrorMetaKey)); err == nil {
		_ = json.Unmarshal(data, &info) // what cannot be read is no refusal
	}
	if info.Kind == cfapi.InvalidArgument && info.HTTPStatus == 0 {
		return exitUsage
	}
	return exitFailure
}
