package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clipperhouse/displaywidth"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/watch"
	"access-policy-mcp/tools"
)

// stamped keeps when each line was written.
type stamped struct {
	began time.Time
	lines []string
	at    []time.Duration
}

func (s *stamped) Write(p []byte) (int, error) {
	s.lines = append(s.lines, string(p))
	s.at = append(s.at, time.Since(s.began))
	return len(p), nil
}

// TestWaitLines: where lines stay, a change is worth one, but not two in 30 s, and a
// standstill one in 2 minutes.
func TestWaitLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stamped{began: time.Now()}
		c := &console{out: output{Writer: out}}
		show, stop := c.showWait(false)
		tell := func(percent float64, failure *cfapi.Error) {
			show(watch.Snapshot{Answer: cfapi.Answer[cfapi.PolicyTest]{Result: cfapi.PolicyTest{PercentUsersProcessed: &percent}}, ReadAt: time.Now(), Failure: failure})
		}
		for i := range 100 { // something new each second
			tell(float64(i), nil)
			time.Sleep(time.Second)
		}
		time.Sleep(10 * time.Minute) // nothing new
		tell(99, &cfapi.Error{Kind: cfapi.Unavailable})
		time.Sleep(time.Minute)
		stop()
		if n := len(out.lines); n < 8 || n > 12 {
			t.Errorf("%d lines: %q", n, out.lines)
		}
		for i := 1; i < len(out.at); i++ {
			if gap := out.at[i] - out.at[i-1]; gap < newsEvery || gap > lifeEvery+time.Second {
				t.Errorf("line %d came after %v: %s", i, gap, out.lines[i])
			}
		}
		if out.at[0] > 2*time.Second || !strings.Contains(strings.Join(out.lines, ""), "99% of the users processed, but Cloudflare cannot be reached or fails") {
			t.Errorf("%v %q", out.at, out.lines)
		}
	})
}

// TestLiveLine: it is drawn with one write at a time, less than ten times a second; what
// else is written is a line above it, and nothing of it is left at the end.
func TestLiveLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stamped{began: time.Now()}
		c := &console{out: output{Writer: out, steerable: true}}
		stop := c.live(0, func(time.Time, int) text { return words("line") })
		time.Sleep(10*time.Second + time.Millisecond)
		_, _ = c.Write([]byte("a record\n"))
		stop()
		stop()
		if n := len(out.lines); n < 70 || n > 102 {
			t.Errorf("%d writes in 10 s", n)
		}
		const frame = "\r" + noWrap + "line" + erase + wrap + "\r"
		if out.lines[0] != frame {
			t.Errorf("%q", out.lines[0])
		}
		if end := out.lines[len(out.lines)-1]; end != "\r"+erase+"a record\n" {
			t.Errorf("%q", end)
		}
	})
}

// TestLiveLineQuiet: a command that is soon done shows nothing.
func TestLiveLineQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := &console{out: output{Writer: &out, steerable: true}}
		_, stop := c.showReading(true)
		time.Sleep(quietStart / 2)
		stop()
		if out.Len() != 0 {
			t.Errorf("%q", out.String())
		}
	})
}

// TestLiveLineStopped: a terminal that somebody has stopped does not keep the program.
func TestLiveLineStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe() // a write waits until somebody reads
		c := &console{out: output{Writer: writer, steerable: true}}
		stop := c.live(0, func(time.Time, int) text { return words("line") })
		time.Sleep(time.Second)
		began := time.Now()
		stop()
		if took := time.Since(began); took > terminalPatience {
			t.Errorf("it took %v", took)
		}
		reader.Close()
	})
}

// TestEstimate: the end is estimated once the test has moved for a while, and never in
// the past.
func TestEstimate(t *testing.T) {
	began := time.Now()
	at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	s := waitState{began: began}
	for i, tt := range []struct {
		seconds int
		percent float64
		now     int
		want    time.Duration
	}{
		{0, 0, 0, 0}, {1, 10, 1, 0}, {10, 10, 10, 90 * time.Second}, {10, 10, 40, time.Minute}, {10, 10, 120, 0},
		{20, 50, 20, 20 * time.Second}, {30, 5, 30, 0}, {40, 5, 40, 0}, {50, 10, 50, 6 * time.Minute}, {60, 100, 60, 0},
	} {
		s.take(watch.Snapshot{Answer: cfapi.Answer[cfapi.PolicyTest]{Result: cfapi.PolicyTest{PercentUsersProcessed: &tt.percent}}, ReadAt: at(tt.seconds)})
		if left, ok := s.left(at(tt.now)); left.Round(time.Second) != tt.want || ok != (tt.want > 0) {
			t.Errorf("step %d: %v, want %v", i, left, tt.want)
		}
	}
}

// TestSplit: every column of a bar belongs to one outcome, and everybody who has an outcome
// is seen if there is room.
func TestSplit(t *testing.T) {
	for columns := range 70 {
		for _, weights := range [][barParts]float64{{}, {1, 0, 0, 0}, {70, 20, 10, 0}, {1e6, 1, 1, 0}, {1, 1e6, 1, 1}, {25, 25, 25, 25}, {1e308, 1e308, 0, 0}, {0.001, 0, 0, 99}} {
			parts := split(columns, weights)
			sum := 0
			for i, n := range parts {
				sum += n
				if n < 0 || columns >= 4 && i != barUntold && weights[i] > 0 && weights[i] < 1e300 && n == 0 {
					t.Errorf("%d columns for %v: %v", columns, weights, parts)
				}
			}
			if sum != columns {
				t.Errorf("%d columns for %v: %v", columns, weights, parts)
			}
		}
	}
}

// TestUsersTable: it fits every width, wide characters included, and leaves out the ID
// first. Columns become wider where a page needs it, never narrower.
func TestUsersTable(t *testing.T) {
	first := []tools.User{{ID: "1", Email: "a@example.com", Name: "Ä", Status: "blocked"}, {ID: "2", Email: "tanaka@example.com", Name: "田中さん👩🏽‍💻", Status: "approved"}}
	second := []tools.User{{ID: strings.Repeat("3", 36), Email: strings.Repeat("e", 60) + "@example.com", Name: strings.Repeat("名", 50), Status: "error"}, {}}
	for width := 8; width < 300; width++ {
		table := usersTable{}
		for line := range strings.Lines(table.page(first, width) + table.page(second, width)) {
			if got := displaywidth.String(strings.TrimRight(line, "\n")); got > width {
				t.Fatalf("%d columns of %d: %s", got, width, line)
			}
		}
	}
	table := usersTable{}
	if got, want := table.page(first, 0), ""+
		"STATUS    E-MAIL              NAME        ID\n"+
		"blocked   a@example.com       Ä           1\n"+
		"approved  tanaka@example.com  田中さん👩🏽‍💻  2\n"; got != want {
		t.Errorf("\n%s", got)
	}
	if got, want := table.page([]tools.User{{ID: "4", Status: "error"}}, 0), "error                                     4\n"; got != want {
		t.Errorf("\n%s", got)
	}
	hidden := usersTable{}
	if got := hidden.page([]tools.User{{ID: "4", Status: "error"}}, 10); got != "STATUS  ID\nerror   4\n" {
		t.Errorf("\n%s", got)
	}
}

// TestUsersCSV: no cell is a formula, and none is lost.
func TestUsersCSV(t *testing.T) {
	api := &usersAPI{count: 1, users: func(int) cfapi.User {
		return cfapi.User{ID: "-1", Email: "+1@example.com", Name: `=HYPERLINK("http://x","a, b")`, Status: "＝1"}
	}}
	const want = "status,email,name,id\n'＝1,'+1@example.com,\"'=HYPERLINK(\"\"http://x\"\",\"\"a, b\"\")\",'-1\n"
	if status, stdout, stderr := runUsers(t, api, "--output", "csv"); status != 0 || stdout != want {
		t.Errorf("%d: %s%s", status, stdout, stderr)
	}
	for cell, want := range map[string]string{"": "", " ": " ", "a=1": "a=1", "@x": "'@x", " =1": "' =1", "－1": "'－1"} {
		if got := defused(cell); got != want {
			t.Errorf("%q became %q", cell, got)
		}
	}
}

// TestUsersUnread: Ctrl-C ends a list that nobody reads.
func TestUsersUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p := &usersPrinter{out: output{Writer: writer}, query: usersQuery{format: formatTSV}}
		if err := p.print(ctx, []cfapi.User{{ID: "1"}}); !errors.Is(err, errInterrupted) {
			t.Error(err)
		}
		reader.Close()
	})
}

// TestTerminalSettings: what a terminal shows follows the environment.
func TestTerminalSettings(t *testing.T) {
	for env, want := range map[string][2]bool{ // dumb, without colors
		"": {true, false}, "TERM=xterm": {false, false}, "TERM=dumb": {true, false}, "TERM=": {true, false},
		"TERM=xterm NO_COLOR=": {false, false}, "TERM=xterm NO_COLOR=0": {false, true},
	} {
		s := newSettings(strings.Fields(env))
		if got := [2]bool{s.dumbTerminal, s.noColor}; got != want {
			t.Errorf("%q: %v", env, got)
		}
	}
	always := output{Writer: io.Discard}
	if got := (&Settings{Color: "always"}).output(io.Discard); got.colored == always.colored || got.steerable || got.terminal() {
		t.Errorf("%+v", got)
	}
}

// TestGrouped: numbers of any size.
func TestGrouped(t *testing.T) {
	var got []string
	for _, n := range []cfapi.Count{0, 999, 1000, 1<<63 - 1} {
		got = append(got, grouped(n))
	}
	if want := []string{"0", "999", "1,000", "9,223,372,036,854,775,807"}; !slices.Equal(got, want) {
		t.Error(fmt.Sprint(got))
	}
}
