// Package cli is what people type: one file for each command, the [Settings] that
// flags and environment variables make, and the wiring of the layers below. [Run] is
// the whole program except for the process's own streams, environment and signals.
package cli

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"access-policy-mcp/server"
)

// Run carries out the command line args, without the program's name, and returns the
// exit status of the process. The environment env is as [os.Environ] gives it; Run
// reads no other and changes none. When ctx ends, servers end gracefully and waits end
// at once.
func Run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	settings := newSettings(env)
	root := rootCommand(settings)
	root.SetArgs(append([]string{}, args...))                                   // never nil, which cobra takes for the arguments of the process
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) { // also the one without descriptions
		addValueCompletions(root, settings)
	}
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return exitStatus(root.ExecuteContext(ctx), stderr)
}

// rootCommand is the command line with all commands. Without one it is stdio.
func rootCommand(settings *Settings) *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:   server.Name,
		Short: "Tell how a Cloudflare Access policy test is going and what it found",
		Long: "Tells how a Cloudflare Access policy test is going and what it found.\n" +
			"Without a command it serves MCP over stdin and stdout, for an assistant.\n\n" +
			"It needs a Cloudflare API token and an account: login keeps both. Variables come\n" +
			"first: CLOUDFLARE_API_TOKEN or the file that CLOUDFLARE_API_TOKEN_FILE names (or\n" +
			"CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY), and CLOUDFLARE_ACCOUNT_ID. With\n" +
			"--simulate it needs neither. The global flags can also be set as\n" +
			"ACCESS_POLICY_MCP_<FLAG>, such as ACCESS_POLICY_MCP_LOG_LEVEL.",
		Example: "  access-policy-mcp login\n" +
			"  access-policy-mcp get ID --wait 10m\n" +
			"  access-policy-mcp users ID --status blocked\n" +
			"  access-policy-mcp get --simulate --wait 30      # no account needed",
		Args:          noCommand,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(command *cobra.Command, _ []string) error {
			if version {
				return printVersion(command.OutOrStdout())
			}
			return serveStdio(command, settings)
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentPreRunE = func(command *cobra.Command, _ []string) error {
		if err := errors.Join(settings.readFlags(root.PersistentFlags()), settings.check()); err != nil {
			return usageError(command, err.Error())
		}
		return nil
	}
	root.Flags().BoolVarP(&version, "version", "v", false, "show the version")
	settings.addFlags(root.PersistentFlags())
	root.AddCommand(getCommand(settings), usersCommand(settings), startCommand(settings), testsCommand(settings),
		loginCommand(settings), logoutCommand(settings), installCommand(settings), doctorCommand(settings),
		stdioCommand(settings), httpCommand(settings), versionCommand(), completionCommand())
	addHelp(root)
	return root
}
