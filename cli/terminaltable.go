package cli

import (
	"strings"

	"github.com/clipperhouse/displaywidth"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools"
)

// Columns of the table of users.
const (
	columnStatus = iota
	columnEmail
	columnName
	columnID
	tableColumns
)

// usersTable is a table of users that comes page by page. The texts in it have been
// cleaned.
type usersTable struct {
	colored bool
	widths  [tableColumns]int // that the cells so far need
	started bool
}

const (
	tableGap = 2
	// leastName is what is left of names before the column is dropped.
	leastName = 8
	// leastEmail is what is left of e-mail addresses before names are cut.
	leastEmail = 16
)

// page adds a page in at most width columns; 0 is any number. A header comes before the
// first. Columns become wider where a page needs it, never narrower.
func (t *usersTable) page(users []tools.User, width int) string {
	rows := make([][tableColumns]string, 0, len(users)+1)
	if !t.started {
		rows = append(rows, [...]string{"STATUS", "E-MAIL", "NAME", "ID"})
	}
	for _, u := range users {
		row := [...]string{string(u.Status), u.Email, u.Name, u.ID}
		rows = append(rows, row)
		for i, cell := range row {
			t.widths[i] = max(t.widths[i], displaywidth.String(cell))
		}
	}
	widths := t.fitted(width)
	var page strings.Builder
	for i, row := range rows {
		style := plain
		if i == 0 && !t.started {
			style = bold
		}
		t.row(row, widths, style).write(&page, t.colored)
		page.WriteByte('\n')
	}
	t.started = true
	return page.String()
}

// fitted are the widths of the columns, 0 for one that is left out: the ID first, then the
// name. Columns in which nothing stands, as where details are hidden, are left out too.
func (t *usersTable) fitted(width int) [tableColumns]int {
	widths := t.widths
	for i, header := range [tableColumns]string{"STATUS", "E-MAIL", "NAME", "ID"} {
		if widths[i] > 0 {
			widths[i] = max(widths[i], len(header))
		}
	}
	if width == 0 || total(widths) <= width {
		return widths
	}
	if widths[columnEmail] > 0 || widths[columnName] > 0 {
		widths[columnID] = 0
	}
	fit := func(column, least int) {
		if over := total(widths) - width; over > 0 && widths[column] > 0 {
			widths[column] = max(widths[column]-over, min(widths[column], least))
		}
	}
	fit(columnName, leastName)
	fit(columnEmail, leastEmail)
	if total(widths) > width && widths[columnEmail] > 0 {
		widths[columnName] = 0
		widths[columnEmail] = min(t.widths[columnEmail], width) // names make room
	}
	for _, column := range []int{columnEmail, columnName, columnID, columnStatus} {
		fit(column, 1)
	}
	return widths
}

// total is the width of a row.
func total(widths [tableColumns]int) int {
	sum := -tableGap
	for _, width := range widths {
		if width > 0 {
			sum += width + tableGap
		}
	}
	return sum
}

func (t *usersTable) row(cells [tableColumns]string, widths [tableColumns]int, style style) text {
	var row text
	padding := 0
	for i, width := range widths {
		if width == 0 {
			continue
		}
		cell := displaywidth.TruncateString(cells[i], width, "…")
		styled := style
		if i == columnStatus && style == plain {
			styled = userStyle(cfapi.UserStatus(cells[i]))
		}
		row = append(row, span{strings.Repeat(" ", padding), plain}, span{cell, styled})
		padding = width - displaywidth.String(cell) + tableGap
	}
	return row
}

func userStyle(status cfapi.UserStatus) style {
	switch status {
	case cfapi.UserApproved:
		return green
	case cfapi.UserBlocked:
		return red
	case cfapi.UserErrored:
		return yellow
	default:
		return plain
	}
}
