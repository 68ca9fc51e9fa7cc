package cli

import (
	"flag"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/watch"
	"access-policy-mcp/tools"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// golden compares all sections with the file, or rewrites it.
func golden(t *testing.T, path string, sections []txtar.File) {
	t.Helper()
	got := string(txtar.Format(&txtar.Archive{Files: sections}))
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// visible writes control sequences so that a reviewer sees them.
func visible(line text, colored bool) string {
	var b strings.Builder
	line.write(&b, colored)
	return strings.ReplaceAll(b.String(), "\x1b", "␛")
}

// figures are a test in which so many per cent of the users have been processed.
func figures(percent float64, total, approved, blocked, errored cfapi.Count) cfapi.PolicyTest {
	test := cfapi.PolicyTest{Status: cfapi.Processing, PercentUsersProcessed: &percent, TotalUsers: &total, UsersApproved: &approved, UsersBlocked: &blocked, UsersErrored: &errored}
	if sum := approved + blocked + errored; sum > 0 {
		share := func(n cfapi.Count) *float64 { return new(math.Round(10000*float64(n)/float64(sum)) / 100) }
		test.PercentApproved, test.PercentBlocked, test.PercentErrored = share(approved), share(blocked), share(errored)
	}
	return test
}

// blockedAlone is a test of which the API tells how many users are blocked, and nothing of
// the others.
func blockedAlone() cfapi.PolicyTest {
	test := figures(100, 2000, 0, 30, 0)
	return cfapi.PolicyTest{Status: cfapi.Complete, PercentUsersProcessed: test.PercentUsersProcessed, TotalUsers: test.TotalUsers, UsersBlocked: test.UsersBlocked}
}

// frameStates are states of a wait, a minute and 23 s after its begin.
func frameStates(began time.Time) map[string]waitState {
	at := began.Add(83 * time.Second)
	read := func(test cfapi.PolicyTest, age time.Duration, failure *cfapi.Error) waitState {
		s := waitState{began: began}
		zero := 0.0
		s.take(watch.Snapshot{Answer: cfapi.Answer[cfapi.PolicyTest]{Result: cfapi.PolicyTest{PercentUsersProcessed: &zero}}, ReadAt: began})
		s.take(watch.Snapshot{Answer: cfapi.Answer[cfapi.PolicyTest]{Result: test}, ReadAt: at.Add(-age), Failure: failure})
		return s
	}
	failing := waitState{began: began}
	failing.take(watch.Snapshot{Failure: &cfapi.Error{Kind: cfapi.Unavailable}})
	total := cfapi.Count(50)
	return map[string]waitState{
		"1 no answer yet":          {began: began},
		"2 failing from the start": failing,
		"3 at the beginning":       read(figures(0, 20, 0, 0, 0), 0, nil),
		"4 small":                  read(figures(50, 20, 7, 2, 1), time.Second, nil),
		"5 large":                  read(figures(0.087, 48213, 30, 8, 4), time.Second, nil),
		"6 one is blocked":         read(figures(75.25, 1_000_000, 752_499, 1, 0), time.Second, nil),
		"7 nearly done":            read(figures(99.99, 48213, 33_000, 10_000, 5_208), time.Second, nil),
		"8 the API fails":          read(figures(42.5, 1000, 300, 100, 25), 35*time.Second, &cfapi.Error{Kind: cfapi.Timeout}),
		"9 quota used up":          read(figures(42.5, 1000, 300, 100, 25), 200*time.Second, &cfapi.Error{Kind: cfapi.RateLimited}),
		"a no figures":             read(cfapi.PolicyTest{Status: cfapi.Processing}, time.Second, nil),
		"b only a total":           read(cfapi.PolicyTest{Status: cfapi.Processing, TotalUsers: &total}, time.Second, nil),
		"c blocked alone is told":  read(blockedAlone(), time.Second, nil),
		"d the API breaks":         read(figures(42.5, 1000, 300, 100, 25), 35*time.Second, &cfapi.Error{Kind: cfapi.Unavailable}),
		"e old for no reason":      read(figures(42.5, 1000, 300, 100, 25), 35*time.Second, nil),
	}
}

// TestFrames: the live line in every state, for every width of a terminal. A line that
// would not fit is a fault, whatever the golden says.
func TestFrames(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now := began.Add(83 * time.Second)
	states := frameStates(began)
	var sections []txtar.File
	for _, name := range sortedKeys(states) {
		state := states[name]
		var lines strings.Builder
		for _, columns := range []int{200, 80, 40, 20} {
			lines.WriteString(visible(state.line(now, columns-1, false), false) + "\n")
		}
		lines.WriteString(visible(state.line(now, 79, true), true) + "\n")
		sections = append(sections, txtar.File{Name: name, Data: []byte(lines.String())})
		for columns := range 250 {
			if got := state.line(now, columns, true).width(); got > columns {
				t.Errorf("%s: %d columns of %d", name, got, columns)
			}
		}
	}
	golden(t, "testdata/frames.txtar", sections)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// TestCards: the result of each end of a test.
func TestCards(t *testing.T) {
	test := func(status cfapi.Status, f cfapi.PolicyTest, warnings ...string) tools.PolicyTest {
		return tools.PolicyTest{Status: status, Finished: status.Finished(), PercentUsersProcessed: f.PercentUsersProcessed, TotalUsers: f.TotalUsers,
			PercentApproved: f.PercentApproved, PercentBlocked: f.PercentBlocked, PercentErrored: f.PercentErrored,
			UsersApproved: f.UsersApproved, UsersBlocked: f.UsersBlocked, UsersErrored: f.UsersErrored, Warnings: warnings}
	}
	total := cfapi.Count(50)
	share := figures(100, 2000, 1210, 590, 200)
	share.UsersApproved, share.UsersBlocked, share.UsersErrored = nil, nil, nil
	uncountable := blockedAlone()
	uncountable.TotalUsers = nil
	results := map[string]tools.PolicyTest{
		"complete":              test(cfapi.Complete, figures(100, 20, 14, 4, 2)),
		"all approved":          test(cfapi.Complete, figures(100, 48213, 48213, 0, 0)),
		"errored alone":         test(cfapi.Complete, figures(100, 20, 19, 0, 1)),
		"complete at 50 %":      test(cfapi.Complete, figures(50, 20, 5, 5, 5)),
		"still processing":      test(cfapi.Processing, figures(42.5, 1000, 300, 100, 25), "The last request failed (timeout: no answer yet), so these figures are 35 s old."),
		"blocked":               test(cfapi.Blocked, figures(10, 20, 1, 1, 0)),
		"exceeded time":         test(cfapi.ExceededTime, figures(75, 20, 10, 4, 1)),
		"unknown status":        test("paused", cfapi.PolicyTest{TotalUsers: &total}),
		"nothing known":         test("", cfapi.PolicyTest{}),
		"complete, no figures":  test(cfapi.Complete, cfapi.PolicyTest{}),
		"large":                 test(cfapi.Complete, figures(100, 2000, 1400, 590, 10)),
		"blocked alone":         test(cfapi.Complete, blockedAlone()),
		"blocked of nobody":     test(cfapi.Complete, uncountable),
		"percentages alone":     test(cfapi.Complete, share),
		"a warning in Japanese": test(cfapi.Complete, figures(100, 20, 20, 0, 0), "Cloudflare adds: 待機中 待機中 待機中 待機中 待機中 待機中 待機中 待機中 待機中 待機中."),
	}
	var sections []txtar.File
	for _, name := range sortedKeys(results) {
		c := card{id: "f1a8b3c9d4e5b5a6", test: results[name]}
		c.next = nextCommand(rootCommand(newSettings(nil)), c.id, c.test)
		var lines strings.Builder
		for _, columns := range []int{80, 40, 20} {
			for i, line := range c.lines(columns, false) {
				if got := line.width(); got > columns && !strings.HasPrefix(visible(line, false), "Next: ") {
					t.Errorf("%s: line %d has %d columns of %d", name, i, got, columns)
				}
				lines.WriteString(visible(line, false) + "\n")
			}
			lines.WriteByte('\n')
		}
		for _, line := range c.lines(80, true) {
			lines.WriteString(visible(line, true) + "\n")
		}
		sections = append(sections, txtar.File{Name: name, Data: []byte(lines.String())})
	}
	golden(t, "testdata/cards.txtar", sections)
}

// TestReadmeFrame: README.md shows a line and a card as they are.
func TestReadmeFrame(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	state := frameStates(began)["4 small"]
	state.test = figures(50, 20, 7, 2, 1)
	const id = "f1a8b3c9d4e5f6789a0b1c2d3e4f5678a9b0c1d2e3f4a5b67890c1d2e3f4b5a6"
	f := figures(100, 20, 14, 4, 2)
	result := tools.PolicyTest{Status: cfapi.Complete, Finished: true, PercentUsersProcessed: f.PercentUsersProcessed, TotalUsers: f.TotalUsers,
		PercentApproved: f.PercentApproved, PercentBlocked: f.PercentBlocked, PercentErrored: f.PercentErrored,
		UsersApproved: f.UsersApproved, UsersBlocked: f.UsersBlocked, UsersErrored: f.UsersErrored}
	want := "```text\n" + visible(state.line(began.Add(83*time.Second), 79, false), false) + "\n\n"
	for _, line := range (card{id: id, test: result, next: nextCommand(rootCommand(newSettings(nil)), id, result)}).lines(80, false) {
		want += visible(line, false) + "\n"
	}
	want += "```\n"
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), want) {
		t.Errorf("README.md does not have:\n%s", want)
	}
}
