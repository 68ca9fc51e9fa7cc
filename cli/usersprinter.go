package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools"
)

// usersPrinter prints users as they come: as a table on a terminal, tab-separated
// elsewhere, or as a JSON document that is complete after end. The texts have been
// cleaned: there is no tab, newline or control character in them.
type usersPrinter struct {
	w     io.Writer
	query usersQuery

	started bool   // there is at least a page, which may be empty
	count   int    // users so far
	widths  [3]int // of the columns of the table, but for the last
	err     error  // of w
}

// usersResult is what a JSON document says after the users.
type usersResult struct {
	Page     int      `json:"page"`
	PerPage  int      `json:"per_page"`
	More     bool     `json:"more"`
	Summary  string   `json:"summary"`
	Warnings []string `json:"warnings,omitempty"`
}

// print prints one page.
func (p *usersPrinter) print(page []cfapi.User) error {
	users := make([]tools.User, len(page))
	for i, u := range page {
		users[i] = tools.User(u)
	}
	if p.query.hideDetails {
		tools.HideDetails(users)
	}
	var text strings.Builder
	switch {
	case p.query.asJSON:
		p.writeJSON(&text, users)
	case isTerminal(p.w):
		p.writeTable(&text, users)
	default:
		for _, u := range users {
			fmt.Fprintf(&text, "%s\t%s\t%s\t%s\n", u.Status, u.Email, u.Name, u.ID)
		}
	}
	p.started = true
	p.count += len(users)
	_, p.err = io.WriteString(p.w, text.String())
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

// writeTable writes a header before the first page. Columns become wider where a page
// needs it, never narrower.
func (p *usersPrinter) writeTable(page *strings.Builder, users []tools.User) {
	rows := make([][4]string, 0, len(users)+1)
	if !p.started {
		rows = append(rows, [4]string{"STATUS", "E-MAIL", "NAME", "ID"})
	}
	for _, u := range users {
		rows = append(rows, [4]string{string(u.Status), u.Email, u.Name, u.ID})
	}
	for _, row := range rows {
		for i := range p.widths {
			p.widths[i] = max(p.widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	for _, row := range rows {
		for i, width := range p.widths {
			fmt.Fprintf(page, "%-*s  ", width, row[i])
		}
		page.WriteString(row[3] + "\n")
	}
}

// end fills in what the result says of the users that were printed, and ends a JSON
// document. Nothing is printed if no page came.
func (p *usersPrinter) end(result *usersResult) error {
	result.Page, result.PerPage = p.query.page, p.query.perPage
	if p.query.all {
		result.Page, result.PerPage = 1, p.count
	}
	result.Summary = p.summary(result)
	if !p.query.asJSON || !p.started {
		return nil
	}
	data, err := json.Marshal(result)
	if err != nil {
		return err
	}
	_, err = io.WriteString(p.w, "],"+strings.TrimPrefix(string(data), "{")+"\n")
	return err
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
