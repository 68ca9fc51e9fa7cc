package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"access-policy-mcp/tools"
)

// pageOfAll is how many users --all asks for at once: as many as are shown in
// full.
const pageOfAll = 50

func (p *program) usersCommand() *cobra.Command {
	var (
		call          terminalCall
		status        string
		page, perPage int
		all           bool
	)
	command := &cobra.Command{
		Use:   "users [POLICY_TEST_ID]",
		Short: "List the users of a test, for example those who are locked out",
		Long:  "Lists users with what the test found for each: as a table on a terminal, tab-separated elsewhere.",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			id, err := p.policyTestID(args)
			if err != nil {
				return err
			}
			app, err := p.buildForTerminal(command, call.accountID)
			if err != nil {
				return err
			}
			defer app.stop()
			if all {
				page, perPage = 1, pageOfAll
			}
			call.silent = true
			result := tools.UsersPage{Users: []tools.User{}}
			for {
				call.arguments = map[string]any{"policy_test_id": id, "page": page, "per_page": perPage}
				if status != "" {
					call.arguments["status"] = status
				}
				var next tools.UsersPage
				if err := p.callToolOf(command, app, "list_access_policy_test_users", call, &next); err != nil {
					return err
				}
				next.Users = append(result.Users, next.Users...)
				result = next
				if !all || !next.More {
					break
				}
				page++
			}
			if all {
				result.Page, result.PerPage = 1, len(result.Users)
				result.Summary = fmt.Sprintf("%d users.", len(result.Users))
			}
			if call.asJSON {
				return failed(json.NewEncoder(p.stdout).Encode(result))
			}
			return failed(p.printUsers(result, !all))
		},
	}
	call.addFlags(command)
	command.Flags().StringVar(&status, "status", "", "only users who are `approved|blocked|error`")
	command.Flags().IntVar(&page, "page", 1, "page, from 1")
	command.Flags().IntVar(&perPage, "per-page", 25, "users per page, 1 to 100")
	command.Flags().BoolVar(&all, "all", false, "all pages")
	return command
}

// printUsers prints a table; what else there is to say goes to stderr.
func (p *program) printUsers(page tools.UsersPage, summarize bool) error {
	header, row := "", "%s\t%s\t%s\t%s\n"
	out := p.stdout
	flush := func() error { return nil }
	if isTerminal(p.stdout) {
		table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		out, flush, header = table, table.Flush, "STATUS\tE-MAIL\tNAME\tID\n"
	}
	var b strings.Builder
	b.WriteString(header)
	for _, u := range page.Users {
		fmt.Fprintf(&b, row, u.Status, u.Email, u.Name, u.ID)
	}
	if _, err := fmt.Fprint(out, b.String()); err != nil {
		return err
	}
	if err := flush(); err != nil {
		return err
	}
	if summarize {
		_, err := fmt.Fprintln(p.stderr, page.Summary)
		return err
	}
	return nil
}
