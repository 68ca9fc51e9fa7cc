// Package cli is what people type: one file for each command, the [Settings] that
// flags and environment variables make, and the wiring of the layers below. [Run] is
// the whole program except for the process's own streams, environment and signals.
package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"access-policy-mcp/server"
)

// Run carries out the command line args, without the program's name, and returns the
// exit status of the process. The environment env is as [os.Environ] gives it; Run
// reads no other and changes none. When ctx ends, servers end gracefully and waits end
// at once.
func Run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := rootCommand(newSettings(env))
	root.SetArgs(append([]string{}, args...)) // never nil, which cobra takes for the arguments of the process
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return exitStatus(root.ExecuteContext(ctx), stderr)
}

// rootCommand is the command line with all commands. Without one it is stdio.
func rootCommand(settings *Settings) *cobra.Command {
	root := stdioCommand(settings)
	root.Use = server.Name
	root.Long = "Tells how a Cloudflare Access policy test is going and what it found.\n" +
		"Without a command it serves MCP over stdin and stdout.\n\n" +
		"Credentials come from CLOUDFLARE_API_TOKEN, or CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY, or the files that\n" +
		"CLOUDFLARE_API_TOKEN_FILE and CLOUDFLARE_API_KEY_FILE name; the account from CLOUDFLARE_ACCOUNT_ID.\n" +
		"The flags below and those of http can also be set as ACCESS_POLICY_MCP_<FLAG>, such as ACCESS_POLICY_MCP_LOG_LEVEL."
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		return errors.Join(settings.readFlags(root.PersistentFlags()), settings.check())
	}
	settings.addFlags(root.PersistentFlags())
	root.AddCommand(stdioCommand(settings), httpCommand(settings), getCommand(settings), usersCommand(settings),
		startCommand(settings), versionCommand())
	return root
}
