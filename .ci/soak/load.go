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
	durations []time.Duration
	wrong     []string // the first few
	wrongs    int
}

func newLoad(a *api, calls int) *load { return &load{api: a, calls: calls, began: time.Now()} }

// answered takes note of an answer.
func (l *load) answered(c call, body []byte, id int, began time.Time) {
	ended := time.Now()
	fault := l.api.judge(c, body, id, began, ended)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.durations = append(l.durations, ended.Sub(began))
	if fault != "" {
		l.noteWrong(fmt.Sprintf("%s: %s: %.150s", fault, c.arguments, body))
	}
	l.done.Add(1)
}

// failed takes note of a call without an answer.
func (l *load) failed(c call, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.noteWrong(fmt.Sprintf("no answer: %s: %v", c.arguments, err))
}

func (l *load) noteWrong(what string) {
	l.wrongs++
	if len(l.wrong) < 2 {
		l.wrong = append(l.wrong, what)
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
	r.check(part, "no answer lost", answers == l.calls, "%d answers in %.1f s, %.0f/s, 99 %% within %v", answers, took.Seconds(), float64(answers)/took.Seconds(), p99)
	r.check(part, "no answer wrong", l.wrongs == 0, "%d wrong %s", l.wrongs, strings.Join(l.wrong, "; "))
	l.mu.Unlock()

	eventually(5*time.Second, func() bool { return p.calls("") >= l.calls })
	r.check(part, "one log record for each call", p.calls("") == l.calls, "%d records", p.calls(""))
	memory.report(r, part, l.calls)
}

// memory is the resident memory of a process over the course of a load.
type memory struct {
	stop    chan struct{}
	stopped chan struct{}
	samples []sample
}

type sample struct{ done, resident int }

func watchMemory(p *process, l *load) *memory {
	m := &memory{stop: make(chan struct{}), stopped: make(chan struct{})}
	go func() {
		defer close(m.stopped)
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-m.stop:
				return
			case <-ticker.C:
				m.samples = append(m.samples, sample{int(l.done.Load()), p.resident()})
			}
		}
	}()
	return m
}

// report ends the watch and compares the medians of the first and the last tenth.
func (m *memory) report(r *report, part string, calls int) {
	close(m.stop)
	<-m.stopped
	first, last := m.median(0, calls/10), m.median(calls*9/10, calls)
	r.check(part, "resident memory in the last tenth at most 10 % above the first", float64(last) <= 1.1*float64(first) && first > 0,
		"%.1f MB, then %.1f MB", float64(first)/1e6, float64(last)/1e6)
}

// median is of the samples between two numbers of calls done.
func (m *memory) median(from, to int) int {
	var values []int
	for _, s := range m.samples {
		if s.done >= from && s.done <= to {
			values = append(values, s.resident)
		}
	}
	if values == nil {
		return 0
	}
	slices.Sort(values)
	return values[len(values)/2]
}
