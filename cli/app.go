package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
	"access-policy-mcp/server"
	"access-policy-mcp/server/auth"
	"access-policy-mcp/tools"
)

// app is the program put together.
type app struct {
	log    *slog.Logger
	pool   *watch.Pool
	server *server.Server
	caller tools.Caller                                     // makes every call: there is one credential for all
	kept   func(context.Context) (cfapi.Credentials, error) // what login keeps; may be nil
	stop   func()                                           // writes what is to be remembered, and ends the simulator, if there is one

	simulated bool
	trouble   *historyTrouble
	recalls   bool // there is a history

	hideDetails bool // leave e-mail addresses and names out of errors too

	// Of a command for the terminal.
	stdout  output
	console *console // stderr
}

// newApp reads the environment and wires the layers together. Its errors are about the
// configuration. What a person is to know, other than a reader of logs, is written to
// person, unless that is nil.
func newApp(settings *Settings, stderr, person io.Writer) (*app, error) {
	if err := settings.readEnvironment(); err != nil {
		return nil, exitWith(exitUsage, err)
	}
	a := &app{log: slog.New(newLogHandler(stderr, settings.LogFormat, settings.LogLevel)), caller: tools.Caller{Credential: settings.Credential}, stop: func() {}, hideDetails: settings.HideUserDetails}
	a.simulated, a.recalls = settings.Simulate, settings.history() != nil
	a.trouble = &historyTrouble{stderr: person, log: a.log}
	warnAboutEnvironment(settings, a.log, person)
	api := cfapi.Config{BaseURL: settings.BaseURL, Credentials: settings.Credential.Credentials, UserAgent: server.Name + "/" + server.Version()}
	if settings.Simulate {
		_, _ = fmt.Fprintln(stderr, "This is a simulation: the embedded simulator answers, not Cloudflare.")
		sim := simulator.New()
		sim.SetMemory(simulatorMemory(settings.history(), a.trouble.report))
		api.Transport, a.stop = simulator.Serve(sim)
	}
	if err := a.assemble(settings, api); err != nil {
		a.stop()
		return nil, exitWith(exitUsage, err)
	}
	return a, nil
}

// newServerApp is newApp for a command that serves: whatever it writes to stderr goes
// through a queue, because the host may never read it. stop flushes the queue.
func newServerApp(command *cobra.Command, settings *Settings) (*app, error) {
	queue := newLogQueue(command.ErrOrStderr(), settings.LogFormat)
	a, err := newApp(settings, queue, nil)
	if err != nil {
		queue.flush()
		return nil, err
	}
	stop := a.stop
	a.stop = func() {
		stop()
		queue.flush()
	}
	return a, nil
}

// beforeStop makes stop call f first.
func (a *app) beforeStop(f func()) {
	stop := a.stop
	a.stop = func() {
		f()
		stop()
	}
}

// assemble makes the server, with its tools on top of the API. The error says what is
// wrong with the configuration, the credential included.
func (a *app) assemble(settings *Settings, api cfapi.Config) error {
	pool, err := watch.NewPool(api, settings.RequestBudget)
	if err != nil {
		if _, wrong := cfapi.New(cfapi.Config{BaseURL: api.BaseURL}); wrong != nil {
			return fmt.Errorf("CLOUDFLARE_BASE_URL: %w", wrong)
		}
		return fmt.Errorf("%s: %w. Set it to the credential alone, or unset it", settings.Credential.Source, err)
	}
	a.pool, a.kept = pool, settings.keptCredentials()
	observe, flush := observer(settings, a.trouble.report)
	a.beforeStop(flush)
	catalog, err := tools.NewCatalog(tools.Options{
		Pool:             pool,
		Kept:             a.kept,
		KeptAccount:      settings.keptAccount(),
		Observe:          observe,
		DefaultAccountID: settings.AccountID,
		HideUserDetails:  settings.HideUserDetails,
		AllowStart:       settings.AllowStart,
		Names:            settings.Tools,
		Simulated:        settings.Simulate,
	})
	if err != nil {
		return fmt.Errorf("--tools: %w", err)
	}
	var authenticate auth.Authenticator
	if settings.BearerToken != "" {
		authenticate = auth.Bearer(settings.BearerToken, a.caller)
	}
	a.server = server.New(server.Config{
		Version:        server.Version(),
		Catalog:        catalog,
		Authenticate:   authenticate,
		AllowedOrigins: settings.AllowedOrigins,
		Drain:          pool.Drain,
		Logger:         a.log,
	})
	return nil
}

// warnAboutEnvironment says what is set to no effect. A person reads of what is missing
// in the error about that, and of nothing that is not needed.
func warnAboutEnvironment(settings *Settings, log *slog.Logger, person io.Writer) {
	for _, name := range settings.Unexpanded {
		if person != nil {
			if !strings.HasPrefix(name, "CLOUDFLARE_") || name == "CLOUDFLARE_BASE_URL" && !settings.Simulate {
				_, _ = fmt.Fprintf(person, "%s holds a placeholder that was not expanded; it counts as unset.\n", name)
			}
			continue
		}
		log.Warn("a variable holds a placeholder that the client did not expand; it counts as unset", "variable", name)
	}
	if err := settings.KeptError; err != nil && person != nil && settings.Credential.Present() {
		_, _ = fmt.Fprintf(person, "What login keeps cannot be used: %s.\n", cfapi.Visible(err.Error()))
	} else if err != nil && person == nil {
		log.Warn("what login keeps cannot be used", "error", err)
	}
	if settings.Credential.Token != "" && settings.Credential.Key != "" {
		log.Warn("CLOUDFLARE_API_TOKEN and CLOUDFLARE_API_KEY are both set: only the token is used")
	}
}
