package cli

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/history"
)

// leastPolicies is what is left of the policies in the list before they are left out.
const leastPolicies = 12

// testsTable has a line for each test if all of them fit. Otherwise there are two: what a
// person looks for, fitted to the width of the terminal, and the ID, which is of use only
// as a whole.
func testsTable(tests []history.Test, now time.Time, width int) []text {
	if len(tests) == 0 {
		return nil
	}
	// The least important are last, but for the ID: they are the first to go.
	rows := []text{{{"LAST ASKED", bold}, {"STATUS", bold}, {"DONE", bold}, {"BLOCKED", bold}, {"ERRORED", bold}, {"APPROVED", bold}, {"POLICIES", bold}, {"ID", bold}}}
	for _, t := range tests {
		rows = append(rows, append(testRow(t, now), span{testIDs(t, tests), faint}))
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], displaywidth.String(cell.text))
		}
	}
	id := len(widths) - 1
	oneLine := rowWidth(widths) <= width
	if !oneLine {
		widths = widths[:fittingColumns(widths[:id], width)]
	}
	var lines []text
	for i, row := range rows {
		lines = append(lines, fittedRow(row, widths, width))
		if i > 0 && !oneLine {
			lines = append(lines, text{{"  ", plain}, row[id]})
		}
	}
	return lines
}

// rowWidth is how wide a row is whose columns have these widths.
func rowWidth(widths []int) int {
	sum := -tableGap
	for _, wide := range widths {
		sum += wide + tableGap
	}
	return sum
}

// fittedRow is a row in columns of these widths, cut to the width of the terminal.
func fittedRow(row text, widths []int, width int) text {
	var line text
	padding := 0
	for column, wide := range widths {
		cell := row[column]
		cell.text = displaywidth.TruncateString(cell.text, max(width-line.width()-padding, 0), "…")
		if cell.text != "" {
			line = append(line, span{strings.Repeat(" ", padding), plain}, cell)
			padding = -displaywidth.String(cell.text)
		}
		padding += wide + tableGap
	}
	return line
}

// fittingColumns is how many columns fit into the width, at least one. The last of all,
// the policies, may be cut: it is text.
func fittingColumns(widths []int, width int) int {
	total, all := 0, len(widths)
	for i, wide := range widths {
		if i == all-1 {
			wide = min(wide, leastPolicies)
		}
		if total += wide; total > width {
			return max(i, 1)
		}
		total += tableGap
	}
	return all
}

// testIDs identifies a test: by its account as well, where there are several.
func testIDs(t history.Test, all []history.Test) string {
	ids := t.PolicyTestID
	if slices.ContainsFunc(all, func(other history.Test) bool {
		return !other.Simulated && !t.Simulated && other.AccountID != t.AccountID
	}) {
		ids += " in account " + t.AccountID
	}
	if t.Simulated {
		ids += " (simulated)"
	}
	return ids
}

func testRow(t history.Test, now time.Time) text {
	r := resultOf(t)
	done := ""
	if r.PercentUsersProcessed != nil {
		done = exactly(*r.PercentUsersProcessed) + "%"
	}
	count := func(n *cfapi.Count, style style) span {
		switch {
		case n == nil:
			return span{}
		case *n == 0:
			style = plain
		}
		return span{grouped(*n), style}
	}
	status, style := listedStatus(r.Status)
	if t.Result == nil && !t.StartedAt.IsZero() {
		status = "started"
	}
	return text{
		{ago(now.Sub(t.AskedAt)), plain}, {status, style}, {done, plain},
		count(r.UsersBlocked, red), count(r.UsersErrored, yellow), count(r.UsersApproved, green), {strings.Join(t.Policies, ", "), plain},
	}
}

// listedStatus is a status in a list, in the color that [statusWords] has for it.
func listedStatus(status cfapi.Status) (string, style) {
	switch status {
	case cfapi.Complete:
		return string(status), green
	case cfapi.Blocked, cfapi.ExceededTime:
		return string(status), red
	default:
		return cmp.Or(string(status), "not known"), yellow
	}
}
