package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/history"
)

// TestTestsTable shows the list of tests at several widths.
func TestTestsTable(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	id := strings.Repeat("0123456789abcdef", 4)
	result := func(status cfapi.Status, percent float64, approved, blocked, errored cfapi.Count) *history.Result {
		return &history.Result{Status: status, PercentUsersProcessed: &percent, UsersApproved: &approved, UsersBlocked: &blocked, UsersErrored: &errored}
	}
	tests := []history.Test{
		{AccountID: "a", PolicyTestID: id, AskedAt: now, StartedAt: now, Policies: []string{"Staff only", "全社員向けのとても長い名前のポリシー"}},
		{AccountID: "a", PolicyTestID: id, AskedAt: now.Add(-90 * time.Second), Simulated: true, Result: result(cfapi.Complete, 100, 14, 4, 0)},
		{AccountID: "b", PolicyTestID: "short", AskedAt: now.Add(-50 * time.Hour), Result: result(cfapi.ExceededTime, 33.33, 1234567, 0, 12)},
		{AccountID: "b", PolicyTestID: "future", AskedAt: now.Add(time.Hour), Result: &history.Result{Status: "paused"}},
	}
	var sections []txtar.File
	for _, width := range []int{200, 150, 80, 40, 20} {
		var out strings.Builder
		for _, line := range testsTable(tests, now, width) {
			line.write(&out, false)
			out.WriteByte('\n')
			if isID := strings.HasPrefix(line[0].text, "  "); !isID && line.width() > width {
				t.Errorf("%d columns in %d", line.width(), width)
			}
		}
		sections = append(sections, txtar.File{Name: fmt.Sprint(width), Data: []byte(out.String())})
	}
	golden(t, "testdata/tests.txtar", sections)
	if lines := testsTable(nil, now, 80); lines != nil {
		t.Errorf("an empty list has %d lines", len(lines))
	}
}
