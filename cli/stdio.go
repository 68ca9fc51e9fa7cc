package cli

import (
	"io"

	"github.com/spf13/cobra"

	"access-policy-mcp/server"
	"access-policy-mcp/tools"
)

func stdioCommand(settings *Settings) *cobra.Command {
	return &cobra.Command{
		Use:   "stdio",
		Short: "Serve MCP over stdin and stdout (the default)",
		Long: "Serves MCP over stdin and stdout, for a client that starts this program. Logs go\n" +
			"to stderr. It is what the program does without a command.",
		Example: "  access-policy-mcp stdio\n" +
			"  access-policy-mcp stdio --simulate --allow-start",
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error { return serveStdio(command, settings) },
	}
}

func serveStdio(command *cobra.Command, settings *Settings) error {
	if isTerminal(command.InOrStdin()) {
		_, _ = io.WriteString(command.ErrOrStderr(), typedAtTerminal)
	}
	app, err := newServerApp(command, settings)
	if err != nil {
		return err
	}
	defer app.stop()
	app.log.Info("serving MCP over stdin and stdout", "version", server.Version())
	ctx := tools.WithCaller(command.Context(), app.caller)
	return exitWith(exitFailure, app.server.ServeStdio(ctx, command.InOrStdin(), command.OutOrStdout()))
}

// typedAtTerminal tells a person who has typed the command what they see, which no client
// does.
const typedAtTerminal = "This is an MCP server, which waits for a client on stdin. Ctrl-C ends it.\n" +
	"To ask for yourself: " + server.Name + " get ID    (all commands: --help)\n"
