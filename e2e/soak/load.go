package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// load is a number of calls and what came of them.
type load struct {
	api   *api
	calls int
	began time.Time
	done  atomic.Int64

	mu        sync.Mutex
	durations []time.Duration // of the calls that were answered
	wrong     tally           // answers that nothing excuses
	old       tally           // answers with something that was right earlier
	lost      tally           // calls without an answer
	cutOff    tally           // calls without an answer when the run's time was up
}

// tally counts, and keeps the first few to show.
type tally struct {
	n     int
	first []string
}

func (t *tally) add(what string) {
	t.n++
	if len(t.first) < 2 {
		t.first = append(t.first, what)
	}
}

func (t *tally) String() string { return strings.Join(t.first, "; ") }

func newLoad(a *api, calls int) *load { return &load{api: a, calls: calls, began: time.Now()} }

// answered takes note of an answer.
func (l *load) answered(c call, body []byte, id int, began time.Time) {
	ended := time.Now()
	fault, old := l.api.judge(c, body, id, began, ended)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.durations = append(l.durations, ended.Sub(began))
	what := fmt.Sprintf("%s: %s: %.150s", fault, c.arguments, body)
	switch {
	case old:
		l.old.add(what)
	case fault != "":
		l.wrong.add(what)
	}
	l.done.Add(1)
}

// unexpected takes note of an answer to no call.
func (l *load) unexpected(body []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong.add(fmt.Sprintf("an answer to no call: %.150s", body))
}

// failed takes note of a call without an answer.
func (l *load) failed(c call, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	what := fmt.Sprintf("%s: %v", c.arguments, err)
	if isLate(err) {
		l.cutOff.add(what)
	} else {
		l.lost.add(what)
	}
}

// report checks that every call had one right answer, also in the server's log.
func (l *load) report(r *report, part string, p *process, memory *memory) {
	took := time.Since(l.began)
	l.mu.Lock()
	slices.Sort(l.durations)
	answers := len(l.durations)
	var p99 time.Duration
	if answers > 0 {
		p99 = l.durations[answers*99/100].Round(time.Millisecond)
	}
	r.check(check{part: part, promise: "no answer lost", wrong: l.lost.n > 0, late: answers != l.calls, from: l.began},
		"%d answers in %.1f s, %.0f/s, 99 %% within %v %v%v", answers, took.Seconds(), float64(answers)/took.Seconds(), p99, &l.lost, &l.cutOff)
	r.check(check{part: part, promise: "no answer wrong", wrong: l.wrong.n > 0, late: l.old.n > 0, from: l.began},
		"%d wrong, %d too old %v%v", l.wrong.n, l.old.n, &l.wrong, &l.old)
	l.mu.Unlock()

	eventually(5*time.Second, func() bool { return p.calls("") >= l.calls })
	records := p.calls("")
	r.check(check{part: part, promise: "one log record for each call", wrong: records > l.calls, late: records < l.calls, from: l.began},
		"%d records", records)
	memory.report(r, part, l.calls, l.began)
}
