package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools"
)

// checkLimit is the longest that a check may take, with what it waits for.
const checkLimit = 20 * time.Second

func doctorCommand(settings *Settings) *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Check credential, account, network and clients, and say what to do",
		Long: "Checks what commands and assistants need: the credential and where it comes\n" +
			"from, the account, the way to Cloudflare's API, the clock, the token and its\n" +
			"permission, the request budget, and the entry of this server in each MCP client.\n" +
			"A line each: ✓ is fine, ! works but deserves a look, ✗ is wrong and says what to\n" +
			"do, – is not checked, or only said. It sends at most four requests, and changes\n" +
			"nothing.\n\n" +
			"Exit status: 0 nothing is wrong, 1 something is, 2 wrong usage, 130 interrupted.",
		Example: "  access-policy-mcp doctor\n" +
			"  access-policy-mcp doctor --json | jq '.checks[] | select(.status == \"failed\")'\n" +
			"  access-policy-mcp doctor --simulate      # no account, no network",
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return runDoctor(command, settings, asJSON)
		},
	}
	addRequestFlags(command.Flags(), settings, &asJSON)
	return command
}

// runDoctor prints each finding as soon as those before it are printed.
func runDoctor(command *cobra.Command, settings *Settings, asJSON bool) error {
	ctx := command.Context()
	d := newDoctor(command, settings)
	defer d.stop()
	console := &console{out: settings.output(command.ErrOrStderr())}
	report := doctorReport{out: settings.output(command.OutOrStdout()), console: console, asJSON: asJSON}
	limited, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	_, done := console.showReading(false)
	defer done()
	for _, c := range d.examine(limited) {
		findings := c.await(limited)
		if ctx.Err() != nil {
			return errInterrupted
		}
		for _, f := range findings {
			if err := report.add(ctx, f); err != nil {
				return err
			}
		}
	}
	done()
	if err := report.end(ctx); err != nil {
		return err
	}
	if report.failed {
		return exitError{status: exitFailure} // the lines say why
	}
	return nil
}

// doctor looks at what this program needs.
type doctor struct {
	settings *Settings
	typed    string // the account of --account-id
	app      *app   // nil if the configuration is wrong
	wrong    error  // what is wrong with it
}

func newDoctor(command *cobra.Command, settings *Settings) *doctor {
	d := &doctor{settings: settings, typed: strings.TrimSpace(settings.AccountID)}
	if !command.Flags().Changed("log-level") {
		settings.LogLevel = slog.LevelError // what is to be said is in the findings
	}
	settings.Tools = nil // which tools a server offers is nothing to a person's command
	d.app, d.wrong = newApp(settings, command.ErrOrStderr(), io.Discard)
	return d
}

func (d *doctor) stop() {
	if d.app != nil {
		d.app.stop()
	}
}

// check is a check that has begun.
type check struct {
	name     string
	findings func() []finding // waits for them
}

// await returns what the check has found. When ctx ends, it gives up on what may wait for
// ever, such as a file on a server that is away.
func (c check) await(ctx context.Context) []finding {
	found := make(chan []finding, 1)
	go func() { found <- c.findings() }()
	select {
	case findings := <-found:
		return findings
	case <-ctx.Done():
	}
	select {
	case findings := <-found:
		return findings
	case <-time.After(interruptedGrace):
		return []finding{{Check: c.name, Status: statusFailed, Text: fmt.Sprintf("the check did not end within %v", checkLimit)}}
	}
}

// examine starts all checks, and returns them in the order in which their findings are to be
// shown. A check waits for those that it depends on: what has one cause is one finding.
func (d *doctor) examine(ctx context.Context) []check {
	of := func(name string, find func() finding) check {
		return check{name, begin(func() []finding { return []finding{find()} })}
	}
	version, environment, entries := of("version", d.version), check{"environment", begin(d.environment)}, check{"client", begin(d.clients)}
	if d.app == nil {
		return []check{version, environment, entries}
	}
	lookup := begin(func() credentialFound { return d.credential(ctx) })
	way := begin(func() wayFound { return d.way(ctx) })
	answers := begin(func() answersFound { return d.ask(ctx, lookup(), way()) })
	return []check{
		version,
		environment,
		of("credential", func() finding { return lookup().finding }),
		of("account", d.account),
		of("api", func() finding { return way().finding }),
		of("clock", func() finding { return clockFinding(way()) }),
		of("token", func() finding { return answers().token }),
		of("permission", func() finding { return answers().permission }),
		of("budget", func() finding { return d.budget(answers()) }),
		entries,
	}
}

// begin starts f, and returns a function that waits for its result.
func begin[T any](f func() T) (wait func() T) {
	result := make(chan T, 1)
	go func() { result <- f() }()
	return sync.OnceValue(func() T { return <-result })
}

// patiently is a client for single requests, which are not repeated: a person waits.
func patiently(client *cfapi.Client) *cfapi.Client {
	return client.WithTurn(cfapi.Turn{MaxWait: time.Second, Once: true})
}

// client returns a client with the credentials, and a function to be called after its use.
func (d *doctor) client(credentials cfapi.Credentials) (*cfapi.Client, func(), error) {
	watcher, release, err := d.app.pool.Watcher(credentials)
	if err != nil {
		return nil, nil, err
	}
	return patiently(watcher.Client()), release, nil
}

// problem says what went wrong with a request, and what to do.
func (d *doctor) problem(check string, err error, credential tools.Credential) finding {
	failure, ok := errors.AsType[*cfapi.Error](err)
	if !ok {
		return finding{Check: check, Status: statusFailed, Text: err.Error()}
	}
	if d.settings.HideUserDetails {
		failure = tools.WithoutTexts(failure)
	}
	p := reading()
	if check != "permission" {
		p.subject, p.check = "address", "Check CLOUDFLARE_BASE_URL."
	}
	text := failureWords(failure, p)
	if details := said(failure); details != "" {
		text += ": " + details
	}
	return finding{Check: check, Status: statusFailed, Text: text, Next: nextStep(failure, credential, p)}
}
