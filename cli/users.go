package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools"
)

// maxPages bounds how many pages --all reads of an API that never comes to an end: a
// million users.
const maxPages = 1000

// usersQuery is which users to list, and how.
type usersQuery struct {
	accountID, policyTestID string
	status                  cfapi.UserStatus // "" for any
	page, perPage           int
	all                     bool   // every page, from the first
	paged                   bool   // a page, or its size, was asked for
	format                  string // one of the formats below
	hideDetails             bool   // leave e-mail addresses and names out
}

// Formats of users.
const (
	formatTable = "table"
	formatTSV   = "tsv"
	formatCSV   = "csv"
	formatJSON  = "json"
)

// chooseFormat settles what a list is printed as: what --output or --json say, or else a
// table on a terminal and tab-separated lines elsewhere.
func (q *usersQuery) chooseFormat(asJSON, onTerminal bool) error {
	if asJSON && q.format != "" && q.format != formatJSON {
		return fmt.Errorf("--json and --output %s contradict each other", q.format)
	}
	switch {
	case asJSON:
		q.format = formatJSON
	case q.format == "" && onTerminal:
		q.format = formatTable
	case q.format == "":
		q.format = formatTSV
	}
	if !slices.Contains([]string{formatTable, formatTSV, formatCSV, formatJSON}, q.format) {
		return fmt.Errorf("--output must be table, tsv, csv or json, not %q", q.format)
	}
	return nil
}

func usersCommand(settings *Settings) *cobra.Command {
	var query usersQuery
	var asJSON bool
	command := &cobra.Command{
		Use:   "users [ID]",
		Short: "List the users of a test, for example those who are locked out",
		Long: "Lists users with what the test found for each: as a table on a terminal,\n" +
			"tab-separated elsewhere, or as --output says. Without an ID it takes the last\n" +
			"test that this machine has started or asked about.\n\n" +
			"Exit status: 0 all that was asked for is listed, 1 not all of it, 2 wrong usage,\n" +
			"130 interrupted.",
		Example: "  access-policy-mcp users --status blocked\n" +
			"  access-policy-mcp users ID --status blocked\n" +
			"  access-policy-mcp users ID --all --json\n" +
			"  access-policy-mcp users example-documented --simulate",
		Args: oneTest,
		RunE: func(command *cobra.Command, args []string) error {
			subject := policyTest(command, settings, args)
			app, err := newTerminalApp(command, settings, subject.lacks...)
			if err != nil {
				return err
			}
			defer app.stop()
			query.policyTestID, query.accountID = strings.TrimSpace(subject.id), strings.TrimSpace(settings.AccountID)
			query.hideDetails = settings.HideUserDetails
			query.paged = command.Flags().Changed("page") || command.Flags().Changed("per-page")
			out := settings.output(command.OutOrStdout())
			if err := errors.Join(query.check(), query.chooseFormat(asJSON, out.terminal())); err != nil {
				return usageError(command, err.Error())
			}
			_, _ = io.WriteString(app.console, subject.notice)
			return app.listUsers(command, out, query)
		},
	}
	addRequestFlags(command.Flags(), settings, &asJSON)
	command.Flags().StringVar(&query.format, "output", "", "`format`: table, tsv, csv or json (default table on a terminal, tsv elsewhere)")
	command.Flags().StringVar((*string)(&query.status), "status", "", "only users who are `approved|blocked|error`")
	command.Flags().IntVar(&query.page, "page", 1, "page, from 1")
	command.Flags().IntVar(&query.perPage, "per-page", 25, "users per page, 1 to 100")
	command.Flags().BoolVar(&query.all, "all", false, "all pages")
	return command
}

// check says what is wrong with the query.
func (q usersQuery) check() error {
	var err error
	wrong := func(is bool, text string) {
		if is {
			err = errors.Join(err, errors.New(text))
		}
	}
	wrong(!tools.AccountID(q.accountID).Valid(), typedBy("account_id", reading())+": "+idWords(cfapi.MaxAccountID))
	wrong(!tools.PolicyTestID(q.policyTestID).Valid(), typedBy("policy_test_id", reading())+": "+idWords(cfapi.MaxPolicyTestID))
	wrong(!slices.Contains([]cfapi.UserStatus{"", cfapi.UserApproved, cfapi.UserBlocked, cfapi.UserErrored}, q.status), fmt.Sprintf("--status must be approved, blocked or error, not %q", q.status))
	wrong(q.page < 1 || q.page > 1_000_000, fmt.Sprintf("--page must be from 1 to 1000000, not %d", q.page))
	wrong(q.perPage < 1 || q.perPage > 100, fmt.Sprintf("--per-page must be from 1 to 100, not %d", q.perPage))
	wrong(q.all && q.paged, "--all lists every page: leave out --page and --per-page")
	return err
}

func idWords(longest int) string {
	return fmt.Sprintf("only letters, digits, - and _ are allowed, at most %d of them", longest)
}

// listUsers reads what the query asks for and prints it as it comes. What has been
// printed stands whatever happens after it.
func (a *app) listUsers(command *cobra.Command, out output, query usersQuery) error {
	credentials, err := a.credentials(command.Context())
	if err != nil {
		return a.explained(err, reading())
	}
	watcher, release, err := a.pool.Watcher(credentials)
	if err != nil {
		return exitWith(exitFailure, err)
	}
	defer release()
	printer := &usersPrinter{out: out, query: query}
	reader := usersReader{client: watcher.Client(), query: query, maxPages: maxPages}
	show, stop := a.console.showReading(query.all)
	ctx := command.Context()
	more, failure := reader.read(ctx, func(users []cfapi.User) error {
		show(len(users))
		return a.console.above(func() error { return printer.print(ctx, users) })
	})
	stop()
	if printer.err != nil {
		return printer.err
	}
	result := usersResult{More: more}
	status := exitFailure
	if failure != nil {
		about := reading()
		about.simulated = a.simulated
		text := failureText(failure, a.caller.Credential, about, query.hideDetails)
		if command.Context().Err() != nil {
			status, text = exitInterrupted, "interrupted"
		}
		failure = errors.New(text)
		result.Warnings = []string{text}
	}
	if err := printer.end(ctx, &result); err != nil {
		return err
	}
	if query.all || !printer.started || status == exitInterrupted {
		return exitWith(status, failure)
	}
	// The page that was asked for is there, whatever became of the look at the next.
	if query.format != formatJSON {
		_, _ = fmt.Fprintln(command.ErrOrStderr(), result.Summary)
	}
	return nil
}
