// Access-policy-mcp tells AI assistants, agent workflows and people how a
// Cloudflare Access policy test is going and what it found. It is a Model
// Context Protocol server over stdio and HTTP, and a command for the terminal.
// See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
	"access-policy-mcp/server"
	"access-policy-mcp/tools"
)

// exitError ends the program with a status other than 0. What there is to say
// has been said, unless err is set.
type exitError struct {
	status int
	err    error
}

func (e exitError) Error() string { return fmt.Sprint(e.err) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	if err == nil {
		return
	}
	exit, _ := errors.AsType[exitError](err)
	if exit.err != nil {
		fmt.Fprintln(os.Stderr, server.Name+": "+exit.err.Error())
	}
	os.Exit(exit.status)
}

// program is what the commands work with.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	unexpanded     []string // variables that held a placeholder

	simulate        bool
	tools           []string
	allowStart      bool
	hideUserDetails bool
	requestBudget   int
	logLevel        slog.Level
	logFormat       string
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr, unexpanded: dropPlaceholders()}
	root := p.rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if _, ok := errors.AsType[exitError](err); err == nil || ok {
		return err
	}
	return exitError{exitUsage, err} // what cobra itself reports
}

// failed reports a failure that is not about the command line.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return exitError{exitNoAnswer, err}
}

func usage(err error) error { return exitError{exitUsage, err} }

func (p *program) rootCommand() *cobra.Command {
	root := p.stdioCommand()
	root.Use = server.Name
	root.Long = "Tells how a Cloudflare Access policy test is going and what it found.\n" +
		"Without a command it serves MCP over stdin and stdout.\n\n" +
		"Credentials come from CLOUDFLARE_API_TOKEN, or CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY, or the files that\n" +
		"CLOUDFLARE_API_TOKEN_FILE and CLOUDFLARE_API_KEY_FILE name; the account from CLOUDFLARE_ACCOUNT_ID.\n" +
		"Every flag can also be set as ACCESS_POLICY_MCP_<FLAG>, such as ACCESS_POLICY_MCP_LOG_LEVEL."
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentPreRunE = func(command *cobra.Command, _ []string) error { return p.readEnvironment(command.Flags()) }
	flags := root.PersistentFlags()
	flags.BoolVar(&p.simulate, "simulate", false, "answer from an embedded simulator instead of Cloudflare: no account, no network")
	flags.StringSliceVar(&p.tools, "tools", nil, "`names` of the tools to serve, comma-separated (default all)")
	flags.BoolVar(&p.allowStart, "allow-start", false, "offer the tool that starts policy tests")
	flags.BoolVar(&p.hideUserDetails, "hide-user-details", false, "leave users' e-mail addresses and names out of everything")
	flags.IntVar(&p.requestBudget, "request-budget", watch.DefaultBudget, "most requests to Cloudflare in any 5 minutes, 1 to "+strconv.Itoa(watch.MaxBudget))
	flags.TextVar(&p.logLevel, "log-level", slog.LevelInfo, "least severe log record to write to stderr: debug, info, warn or error")
	flags.StringVar(&p.logFormat, "log-format", "text", "format of log records: text or json")
	root.AddCommand(p.stdioCommand(), p.httpCommand(), p.getCommand(), p.usersCommand(), p.startCommand(), p.versionCommand())
	return root
}

// readEnvironment sets the flags that are not on the command line.
func (p *program) readEnvironment(flags *pflag.FlagSet) error {
	var err error
	flags.VisitAll(func(flag *pflag.Flag) {
		name := "ACCESS_POLICY_MCP_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		value := os.Getenv(name)
		if flag.Changed || value == "" || flag.Name == "help" {
			return
		}
		if setErr := flags.Set(flag.Name, value); setErr != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", name, setErr))
		}
	})
	if p.logFormat != "text" && p.logFormat != "json" {
		err = errors.Join(err, fmt.Errorf("--log-format must be text or json, not %q", p.logFormat))
	}
	if p.requestBudget < 1 || p.requestBudget > watch.MaxBudget {
		err = errors.Join(err, fmt.Errorf("--request-budget must be from 1 to %d", watch.MaxBudget))
	}
	return err
}

func (p *program) stdioCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "stdio",
		Short: "Serve MCP over stdin and stdout (the default)",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			app, err := p.build("")
			if err != nil {
				return err
			}
			defer app.stop()
			app.log.Info("serving MCP over stdin and stdout", "version", server.Version())
			return failed(app.server.ServeStdio(command.Context(), p.stdin, p.stdout))
		},
	}
}

func (p *program) httpCommand() *cobra.Command {
	var cfg server.HTTPConfig
	command := &cobra.Command{
		Use:   "http",
		Short: "Serve MCP over Streamable HTTP at /mcp and the older HTTP+SSE at /sse",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			app, err := p.build("")
			if err != nil {
				return err
			}
			defer app.stop()
			cfg.BearerToken = app.settings.bearerToken
			if err := cfg.Check(); err != nil {
				return usage(err)
			}
			return failed(app.server.ListenAndServe(command.Context(), cfg))
		},
	}
	command.Flags().StringVar(&cfg.Addr, "addr", "127.0.0.1:8080", "`host:port` to listen on; other than loopback needs ACCESS_POLICY_MCP_BEARER_TOKEN")
	command.Flags().StringSliceVar(&cfg.AllowedOrigins, "allowed-origins", nil, "`origins`, besides loopback, whose web pages may use the server, comma-separated")
	return command
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show version, commit, Go version and MCP revisions",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			commit := "unknown"
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, setting := range info.Settings {
					if setting.Key == "vcs.revision" {
						commit = setting.Value
					}
				}
			}
			_, err := fmt.Fprintf(p.stdout, "%s %s\ncommit %s\n%s %s/%s\nMCP revisions %s\n", server.Name, server.Version(), commit,
				runtime.Version(), runtime.GOOS, runtime.GOARCH, strings.Join(mcp.ValidProtocolVersions, ", "))
			return failed(err)
		},
	}
}

// application is the server with everything below it.
type application struct {
	settings settings
	log      *slog.Logger
	server   *server.Server
	stop     func()
}

// build wires the parts together. accountID, unless empty, takes the place of
// the configured one.
func (p *program) build(accountID string) (*application, error) {
	app := &application{log: p.logger(), stop: func() {}}
	var err error
	if app.settings, err = loadSettings(p.unexpanded, p.simulate); err != nil {
		return nil, usage(err)
	}
	for _, name := range p.unexpanded {
		app.log.Warn("a variable holds a placeholder that the client did not expand; it counts as unset", "variable", name)
	}
	cfg := cfapi.Config{BaseURL: app.settings.baseURL, Credentials: app.settings.credentials, UserAgent: server.Name + "/" + server.Version()}
	if p.simulate {
		_, _ = fmt.Fprintln(p.stderr, "This is a simulation: answers come from the embedded simulator, not from Cloudflare.")
		cfg.BaseURL, cfg.Credentials = simulator.BaseURL, cfapi.Credentials{Token: simulator.Token}
		cfg.Transport, app.stop = simulator.Serve(simulator.New())
		app.settings.accountID = simulator.AccountID
	} else if cfg.Credentials.Token != "" && cfg.Credentials.Key != "" {
		app.log.Warn("CLOUDFLARE_API_TOKEN and CLOUDFLARE_API_KEY are both set: only the token is used")
	}
	if accountID != "" {
		app.settings.accountID = accountID
	}
	client, err := cfapi.New(cfg)
	if err != nil {
		return nil, usage(err)
	}
	budget := p.requestBudget
	if p.simulate {
		budget = watch.MaxBudget // there is nothing to spare
	}
	watcher := watch.New(client, budget)
	options := tools.Options{
		Watcher:          watcher,
		DefaultAccountID: app.settings.accountID,
		CredentialHint:   app.settings.credentialHint(),
		HideUserDetails:  p.hideUserDetails,
		AllowStart:       p.allowStart,
		Names:            p.tools,
	}
	features, err := tools.New(options)
	if err != nil {
		return nil, usage(fmt.Errorf("--tools: %w", err))
	}
	app.server = server.New(server.Config{
		Version:      server.Version(),
		Instructions: tools.Instructions(p.simulate),
		Features:     features,
		Drain:        watcher.Drain,
		Logger:       app.log,
	})
	return app, nil
}

func (p *program) logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: p.logLevel}
	if p.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(p.stderr, options))
	}
	return slog.New(slog.NewTextHandler(p.stderr, options))
}
