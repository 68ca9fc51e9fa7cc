package cli

import (
	"github.com/spf13/cobra"

	"access-policy-mcp/server"
	"access-policy-mcp/tools"
)

func stdioCommand(settings *Settings) *cobra.Command {
	return &cobra.Command{
		Use:   "stdio",
		Short: "Serve MCP over stdin and stdout (the default)",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			app, err := newServerApp(command, settings)
			if err != nil {
				return err
			}
			defer app.stop()
			app.log.Info("serving MCP over stdin and stdout", "version", server.Version())
			ctx := tools.WithCaller(command.Context(), app.caller)
			return exitWith(exitFailure, app.server.ServeStdio(ctx, command.InOrStdin(), command.OutOrStdout()))
		},
	}
}
