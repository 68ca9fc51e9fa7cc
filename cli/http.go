package cli

import (
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/spf13/cobra"

	"access-policy-mcp/internal/loopback"
	"access-policy-mcp/tools"
)

func httpCommand(settings *Settings) *cobra.Command {
	command := &cobra.Command{
		Use:   "http",
		Short: "Serve MCP over HTTP",
		Long: "Serves MCP over Streamable HTTP at /mcp, and over the older HTTP+SSE at /sse.\n" +
			"Its flags can also be set as ACCESS_POLICY_MCP_<FLAG>.",
		Example: "  access-policy-mcp http\n" +
			"  access-policy-mcp http --addr 127.0.0.1:9000 --simulate",
		Args: noArguments,
		PreRunE: func(command *cobra.Command, _ []string) error {
			return settings.readFlags(command.LocalNonPersistentFlags())
		},
		RunE: func(command *cobra.Command, _ []string) error {
			settings.NoHistory = true // the tests of its callers are no business of this machine's users
			app, err := newServerApp(command, settings)
			if err != nil {
				return err
			}
			defer app.stop()
			if err := checkHTTP(settings); err != nil {
				return exitWith(exitUsage, err)
			}
			listener, err := (&net.ListenConfig{}).Listen(command.Context(), "tcp", settings.Addr)
			if err != nil {
				return exitWith(exitFailure, err)
			}
			return exitWith(exitFailure, app.server.Serve(tools.WithCaller(command.Context(), app.caller), listener))
		},
	}
	flags := command.Flags()
	flags.StringVar(&settings.Addr, "addr", "127.0.0.1:8080", "`host:port` to listen on; other than loopback needs ACCESS_POLICY_MCP_BEARER_TOKEN")
	flags.StringSliceVar(&settings.AllowedOrigins, "allowed-origins", nil, "`origins`, besides loopback, whose web pages may use the server, comma-separated")
	return command
}

// checkHTTP says what is wrong with the settings of an HTTP server, and what to set.
func checkHTTP(settings *Settings) error {
	host, _, err := net.SplitHostPort(settings.Addr)
	if err != nil {
		return fmt.Errorf("--addr must be host:port, such as 127.0.0.1:8080: %w", err)
	}
	if !loopback.Is(host) && settings.BearerToken == "" {
		return errors.New("--addr " + settings.Addr + " is reachable from other machines: set ACCESS_POLICY_MCP_BEARER_TOKEN (or ACCESS_POLICY_MCP_BEARER_TOKEN_FILE)" +
			" to a secret that clients must present, or listen on a loopback address")
	}
	for _, origin := range settings.AllowedOrigins {
		if u, err := url.Parse(origin); err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != origin {
			return fmt.Errorf("--allowed-origins: %q is not an origin such as https://example.com", origin)
		}
	}
	return nil
}
