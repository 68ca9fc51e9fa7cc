package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// report is what was promised and what was seen.
type report struct {
	began time.Time

	mu             sync.Mutex
	rows           strings.Builder
	passed, failed int
}

// check adds a row. What was measured is shown either way.
func (r *report) check(part, promise string, held bool, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	verdict := "yes"
	if held {
		r.passed++
	} else {
		r.failed++
		verdict = "**NO**"
	}
	measured := strings.NewReplacer("|", "/", "\n", " ").Replace(fmt.Sprintf(format, args...))
	fmt.Fprintf(&r.rows, "| %s | %s | %s | %s |\n", part, promise, measured, verdict)
	fmt.Fprintf(os.Stderr, "%4.0f s  %s: %s: %s (%s)\n", time.Since(r.began).Seconds(), part, promise, verdict, measured)
}

func (r *report) print(w io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = fmt.Fprintf(w, "| part | promise | measured | held |\n| --- | --- | --- | --- |\n%s\n%d passed, %d failed (%.0f s)\n",
		r.rows.String(), r.passed, r.failed, time.Since(r.began).Seconds())
}
