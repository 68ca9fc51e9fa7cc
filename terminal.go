package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools"
)

// terminalCall is a call of a tool from the terminal.
type terminalCall struct {
	arguments map[string]any
	accountID string
	asJSON    bool
	silent    bool // the caller prints the result
}

func (c *terminalCall) addFlags(command *cobra.Command) {
	command.Flags().StringVar(&c.accountID, "account-id", "", "Cloudflare account `ID` (default: CLOUDFLARE_ACCOUNT_ID)")
	command.Flags().BoolVar(&c.asJSON, "json", false, "print the structured result")
}

// callTool calls a tool through the MCP server, prints the summary or the
// structured result, and fills result with the latter. The error carries the exit
// status.
func (p *program) callTool(command *cobra.Command, name string, call terminalCall, result any) error {
	app, err := p.buildForTerminal(command, call.accountID)
	if err != nil {
		return err
	}
	defer app.stop()
	return p.callToolOf(command, app, name, call, result)
}

// buildForTerminal is build without a line per call, which is for servers, unless
// the log level has been chosen.
func (p *program) buildForTerminal(command *cobra.Command, accountID string) (*application, error) {
	if !command.Flags().Changed("log-level") {
		p.logLevel = slog.LevelWarn
	}
	return p.build(accountID)
}

func (p *program) callToolOf(command *cobra.Command, app *application, name string, call terminalCall, result any) error {
	var show func(float64, string)
	done := func() {}
	if !call.asJSON {
		show, done = progressDisplay(p.stderr)
	}
	answer, err := app.server.CallTool(command.Context(), name, call.arguments, show)
	done()
	if err != nil {
		return failed(err)
	}
	text := answer.Content[0].(mcp.TextContent).Text
	if answer.IsError {
		return exitError{failureStatus(answer), errors.New(text)}
	}
	if call.asJSON {
		text = string(answer.RawStructuredContent)
	}
	if !call.silent {
		if _, err := fmt.Fprintln(p.stdout, text); err != nil {
			return failed(err)
		}
	}
	return failed(json.Unmarshal(answer.RawStructuredContent, result))
}

// failureStatus tells arguments that were wrong here from answers that did not
// come.
func failureStatus(result *mcp.CallToolResult) int {
	var info tools.ErrorInfo
	if data, err := json.Marshal(result.Meta.GetMetaField(tools.ErrorMetaKey)); err == nil {
		_ = json.Unmarshal(data, &info) // what is not there is not an argument
	}
	if info.Kind == cfapi.InvalidArgument && info.HTTPStatus == 0 {
		return exitUsage
	}
	return exitNoAnswer
}

// progressDisplay shows on w how far a wait has come: as a bar on a terminal, as
// lines elsewhere. done removes the bar.
func progressDisplay(w io.Writer) (show func(percent float64, message string), done func()) {
	if !isTerminal(w) {
		return func(_ float64, message string) { _, _ = fmt.Fprintln(w, message) }, func() {}
	}
	bar := progressbar.NewOptions(100,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionClearOnFinish(),
	)
	return func(percent float64, message string) {
		_ = bar.Set(int(percent)) // a bar that cannot be drawn is not worth failing for
		bar.Describe(message)
	}, func() { _ = bar.Finish() }
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
