package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools"
)

// usersPrinter prints users as they come, in the format of the query; a JSON document is
// complete after end. The texts have been cleaned: there is no tab, newline or control
// character in them.
type usersPrinter struct {
	out   output
	query usersQuery

	started bool // there is at least a page, which may be empty
	count   int  // users so far
	table   usersTable
	err     error // of out
}

// usersResult is what a JSON document says after the users.
type usersResult struct {
	Page     int      `json:"page"`
	PerPage  int      `json:"per_page"`
	More     bool     `json:"more"`
	Summary  string   `json:"summary"`
	Warnings []string `json:"warnings,omitempty"`
}

// print prints one page. It ends with ctx, as write does.
func (p *usersPrinter) print(ctx context.Context, page []cfapi.User) error {
	users := make([]tools.User, len(page))
	for i, u := range page {
		users[i] = tools.User(u)
	}
	if p.query.hideDetails {
		tools.HideDetails(users)
	}
	var text strings.Builder
	switch p.query.format {
	case formatJSON:
		p.writeJSON(&text, users)
	case formatTable:
		width := 0 // in a file or a pipe a table is as wide as it needs to be
		if p.out.terminal() {
			width = p.out.width()
		}
		p.table.colored = p.out.colored
		text.WriteString(p.table.page(users, width))
	case formatCSV:
		p.writeCSV(&text, users)
	default:
		for _, u := range users {
			fmt.Fprintf(&text, "%s\t%s\t%s\t%s\n", u.Status, u.Email, u.Name, u.ID)
		}
	}
	p.started = true
	p.count += len(users)
	p.err = write(ctx, p.out, text.String())
	return p.err
}

func (p *usersPrinter) writeJSON(page *strings.Builder, users []tools.User) {
	if !p.started {
		page.WriteString(`{"users":[`)
	}
	for i, u := range users {
		if p.count+i > 0 {
			page.WriteByte(',')
		}
		data, _ := json.Marshal(u) // strings never fail
		page.Write(data)
	}
}

// writeCSV writes RFC 4180, but for the line ends, with a header.
func (p *usersPrinter) writeCSV(page *strings.Builder, users []tools.User) {
	records := csv.NewWriter(page) // a strings.Builder never fails
	if !p.started {
		_ = records.Write([]string{"status", "email", "name", "id"})
	}
	for _, u := range users {
		_ = records.Write([]string{defused(string(u.Status)), defused(u.Email), defused(u.Name), defused(u.ID)})
	}
	records.Flush()
}

// formulaStarts are what the cells begin with that a spreadsheet takes for a formula, the
// wide forms of these signs included.
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// defused is a cell that no spreadsheet takes for a formula: an apostrophe makes a text of
// it, as OWASP's "CSV Injection" recommends.
func defused(cell string) string {
	if first := strings.TrimLeft(cell, " "); first != "" && strings.ContainsAny(string([]rune(first)[:1]), formulaStarts) {
		return "'" + cell
	}
	return cell
}

// end fills in what the result says of the users that were printed, and ends a JSON
// document. Nothing is printed if no page came.
func (p *usersPrinter) end(ctx context.Context, result *usersResult) error {
	result.Page, result.PerPage = p.query.page, p.query.perPage
	if p.query.all {
		result.Page, result.PerPage = 1, p.count
	}
	result.Summary = p.summary(result)
	if p.query.format != formatJSON || !p.started {
		return nil
	}
	data, err := json.Marshal(result)
	if err != nil {
		return err
	}
	return write(ctx, p.out, "],"+strings.TrimPrefix(string(data), "{")+"\n")
}

// summary says how many users are listed and whether these are all.
func (p *usersPrinter) summary(result *usersResult) string {
	users := fmt.Sprintf("%d users", p.count)
	if p.count == 1 {
		users = "1 user"
	}
	warnings := strings.Join(append([]string{""}, result.Warnings...), " ")
	switch {
	case p.query.all && result.More:
		return users + ". There may be more." + warnings
	case p.query.all:
		return users + "."
	case len(result.Warnings) > 0:
		return fmt.Sprintf("Page %d: %s. Whether there are more is not known:%s", result.Page, users, warnings)
	case result.More:
		return fmt.Sprintf("Page %d: %s. More on page %d.", result.Page, users, result.Page+1)
	default:
		return fmt.Sprintf("Page %d: %s. There are no more.", result.Page, users)
	}
}
