package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"access-policy-mcp/tools"
)

// perPageOfAll is how many users --all asks for at once: as many as are shown in full.
const perPageOfAll = 50

// usersQuery is which users to list.
type usersQuery struct {
	policyTestID  string
	status        string // "" for any
	page, perPage int
	all           bool // every page, from the first
	asJSON        bool
}

func usersCommand(settings *Settings) *cobra.Command {
	var query usersQuery
	command := &cobra.Command{
		Use:   "users [POLICY_TEST_ID]",
		Short: "List the users of a test, for example those who are locked out",
		Long:  "Lists users with what the test found for each: as a table on a terminal, tab-separated elsewhere.",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			var err error
			if query.policyTestID, err = policyTestID(settings, args); err != nil {
				return err
			}
			app, err := newTerminalApp(command, settings)
			if err != nil {
				return err
			}
			defer app.stop()
			users, err := app.listUsers(command.Context(), command.ErrOrStderr(), query)
			if err != nil {
				return err
			}
			if query.asJSON {
				return exitWith(exitFailure, json.NewEncoder(command.OutOrStdout()).Encode(users))
			}
			if err := printUsers(command.OutOrStdout(), users.Users); err != nil {
				return exitWith(exitFailure, err)
			}
			if !query.all {
				_, err = fmt.Fprintln(command.ErrOrStderr(), users.Summary)
			}
			return exitWith(exitFailure, err)
		},
	}
	addToolCallFlags(command.Flags(), settings, &query.asJSON)
	command.Flags().StringVar(&query.status, "status", "", "only users who are `approved|blocked|error`")
	command.Flags().IntVar(&query.page, "page", 1, "page, from 1")
	command.Flags().IntVar(&query.perPage, "per-page", 25, "users per page, 1 to 100")
	command.Flags().BoolVar(&query.all, "all", false, "all pages")
	return command
}

// listUsers reads one page, or all of them into one.
func (a *app) listUsers(ctx context.Context, stderr io.Writer, query usersQuery) (tools.UsersPage, error) {
	if query.all {
		query.page, query.perPage = 1, perPageOfAll
	}
	users := []tools.User{}
	for {
		arguments := map[string]any{"policy_test_id": query.policyTestID, "page": query.page, "per_page": query.perPage}
		if query.status != "" {
			arguments["status"] = query.status
		}
		var page tools.UsersPage
		call := toolCall{"list_access_policy_test_users", arguments, query.asJSON}
		if _, err := a.callTool(ctx, stderr, call, &page); err != nil {
			return tools.UsersPage{}, err
		}
		users = append(users, page.Users...)
		if query.all && page.More {
			query.page++
			continue
		}
		page.Users = users
		if query.all {
			page.Page, page.PerPage = 1, len(users)
			page.Summary = fmt.Sprintf("%d users.", len(users))
		}
		return page, nil
	}
}

// printUsers writes a line per user: a table with a header on a terminal, tab-separated
// elsewhere.
func printUsers(w io.Writer, users []tools.User) error {
	var lines strings.Builder
	for _, user := range users {
		fmt.Fprintf(&lines, "%s\t%s\t%s\t%s\n", user.Status, user.Email, user.Name, user.ID)
	}
	if !isTerminal(w) {
		_, err := io.WriteString(w, lines.String())
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(table, "STATUS\tE-MAIL\tNAME\tID\n"+lines.String()); err != nil {
		return err
	}
	return table.Flush()
}
