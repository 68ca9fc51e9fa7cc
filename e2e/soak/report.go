package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// verdict is what came of a check.
type verdict string

const (
	passed       verdict = "yes"
	failed       verdict = "**NO**"
	inconclusive verdict = "inconclusive"
)

// check is one promise and whether it was kept.
type check struct {
	part, promise string

	wrong bool // what was said is wrong, lost or too much; no machine excuses that
	late  bool // something took too long, or depends on how long it took

	from, to time.Time // while something could be late; to is now if it is zero
}

// judge says what came of a check, on a machine that was overloaded meanwhile or
// was not.
func (c check) judge(overloaded bool) verdict {
	switch {
	case c.wrong, c.late && !overloaded:
		return failed
	case c.late:
		return inconclusive
	default:
		return passed
	}
}

// isLate reports whether an error says that a time limit has passed.
func isLate(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

// report collects the checks of a run.
type report struct {
	began    time.Time
	machine  *machine
	progress io.Writer // gets a line for each check at once

	mu       sync.Mutex
	rows     strings.Builder
	verdicts map[verdict]int
}

func newReport(m *machine, progress io.Writer) *report {
	return &report{began: time.Now(), machine: m, progress: progress, verdicts: map[verdict]int{}}
}

// check adds a row. What was measured is shown whatever the verdict is.
func (r *report) check(c check, format string, args ...any) {
	if c.to.IsZero() {
		c.to = time.Now()
	}
	v := c.judge(r.machine.overloaded(c.from, c.to))
	measured := strings.NewReplacer("|", "/", "\n", " ").Replace(fmt.Sprintf(format, args...))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.verdicts[v]++
	fmt.Fprintf(&r.rows, "| %s | %s | %s | %s |\n", c.part, c.promise, measured, v)
	_, _ = fmt.Fprintf(r.progress, "%4.0f s  %s: %s: %s (%s)\n", time.Since(r.began).Seconds(), c.part, c.promise, v, measured)
}

// print writes the table and returns the exit status.
func (r *report) print(w io.Writer) (status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = fmt.Fprintf(w, "| part | promise | measured | held |\n| --- | --- | --- | --- |\n%s\n", r.rows.String())
	if r.verdicts[inconclusive] > 0 {
		_, _ = fmt.Fprintln(w, "Inconclusive: too late, but the machine was overloaded by other programs. Run it again when they have ended.")
	}
	_, _ = fmt.Fprintf(w, "%d passed, %d failed, %d inconclusive (%.0f s)\n",
		r.verdicts[passed], r.verdicts[failed], r.verdicts[inconclusive], time.Since(r.began).Seconds())
	if r.verdicts[failed] > 0 || len(r.verdicts) == 0 {
		return 1
	}
	return 0
}
