package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
	"access-policy-mcp/tools"
)

// toolCall is a call of a tool from the terminal.
type toolCall struct {
	tool      string
	arguments map[string]any
	wait      time.Duration // for the end of the test; 0 not to wait
	asJSON    bool          // the structured result is wanted, and progress only on a terminal
	quiet     bool          // no progress is wanted
	purpose   purpose       // which its errors name
}

// words tell a failure in warnings: to a person in other words than to a program.
func (c toolCall) words() func(*cfapi.Error) string {
	if c.asJSON {
		return nil
	}
	return func(failure *cfapi.Error) string { return failureWords(failure, c.purpose) }
}

// addRequestFlags adds the flags of every command that asks Cloudflare for something.
func addRequestFlags(flags *pflag.FlagSet, settings *Settings, asJSON *bool) {
	addAccountFlag(flags, settings)
	flags.BoolVar(asJSON, "json", false, "print the structured result")
}

// addAccountFlag adds the flag of commands about an account.
func addAccountFlag(flags *pflag.FlagSet, settings *Settings) {
	flags.StringVar(&settings.AccountID, "account-id", "", "account `ID` (default: CLOUDFLARE_ACCOUNT_ID, else that of login)")
}

// newTerminalApp is newApp for a command that asks Cloudflare for something. Its error
// names all that is missing, lacks included. Unless the log level has been chosen, the
// app logs no record per call: those are for servers.
func newTerminalApp(command *cobra.Command, settings *Settings, lacks ...lack) (*app, error) {
	if !command.Flags().Changed("log-level") {
		settings.LogLevel = slog.LevelWarn
	}
	settings.Tools = nil // which tools a server offers is nothing to a person's command
	stderr := &console{out: settings.output(command.ErrOrStderr())}
	app, err := newApp(settings, stderr, stderr)
	if err != nil {
		return nil, err
	}
	app.stdout, app.console = settings.output(command.OutOrStdout()), stderr
	if err := settings.lacking(lacks...); err != nil {
		app.stop()
		return nil, err
	}
	return app, nil
}

// printTest makes a call that tells how a test stands, decodes its structured result into
// test and prints it: as it is, or as a card on a terminal, or else the summary. If it is
// interrupted, it prints what is known, and returns errInterrupted.
func (a *app) printTest(command *cobra.Command, id string, call toolCall, test *tools.PolicyTest) error {
	ctx := command.Context()
	text, err := a.callTool(ctx, call, test)
	if err != nil {
		return err
	}
	text += "\n"
	if a.stdout.terminal() && !call.asJSON {
		c := card{id: id, test: *test, next: a.nextCommand(command, id, *test)}
		text = rendered(c.lines(a.stdout.width(), a.stdout.colored), a.stdout.colored)
	}
	if err := write(ctx, a.stdout, text); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	return nil
}

// nextCommand is what to type after a look at a test; "" if no other process knows it.
func (a *app) nextCommand(command *cobra.Command, id string, test tools.PolicyTest) string {
	if a.simulated && !simulator.IsExample(id) && !(a.recalls && a.trouble.remembers()) {
		return ""
	}
	return nextCommand(command, id, test)
}

// callTool calls a tool through the MCP server, as an assistant would, and shows its
// progress on stderr. It decodes the structured result into result and returns the text
// to print: the summary, or the structured result as it is.
func (a *app) callTool(ctx context.Context, call toolCall, result any) (text string, err error) {
	answer, err := a.callWithProgress(ctx, call)
	if err != nil {
		return "", err
	}
	text = answer.Content[0].(mcp.TextContent).Text
	if call.asJSON {
		text = string(answer.RawStructuredContent)
	}
	return text, exitWith(exitFailure, json.Unmarshal(answer.RawStructuredContent, result))
}

// callWithProgress makes a call and shows on stderr, until it is answered, how things
// stand.
func (a *app) callWithProgress(ctx context.Context, call toolCall) (*mcp.CallToolResult, error) {
	show, stop := func(watch.Snapshot) {}, func() {}
	switch {
	case call.quiet:
	case call.wait > 0:
		show, stop = a.console.showWait(call.asJSON)
	default:
		_, stop = a.console.showReading(false)
	}
	defer stop()
	if call.wait > 0 {
		ctx = tools.WithWatching(ctx, tools.Watching{Limit: call.wait, Show: show, Words: call.words()})
	}
	return a.untilInterrupted(ctx, call)
}

// untilInterrupted makes a call. Its error has words for a person. When ctx ends, a wait
// answers with what it has; a call that does not answer is left to itself, since the
// program ends.
func (a *app) untilInterrupted(ctx context.Context, call toolCall) (*mcp.CallToolResult, error) {
	var answer *mcp.CallToolResult
	var err, failure error
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		ctx := tools.WithFailures(tools.WithCaller(ctx, a.caller), func(err error) { failure = err })
		answer, err = a.server.CallTool(ctx, call.tool, call.arguments)
	}()
	select {
	case <-answered:
	case <-ctx.Done():
		select {
		case <-answered:
		case <-time.After(interruptedGrace):
			return nil, errInterrupted
		}
	}
	switch {
	case err != nil:
		return nil, exitWith(exitFailure, err)
	case !answer.IsError:
		return answer, nil
	case ctx.Err() != nil:
		return nil, errInterrupted
	default:
		return nil, a.explained(cmp.Or(failure, errors.New(answer.Content[0].(mcp.TextContent).Text)), call.purpose)
	}
}
