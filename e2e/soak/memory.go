package main

import (
	"slices"
	"time"
)

// memory is the resident memory of a process over the course of a load.
type memory struct {
	stop    chan struct{}
	stopped chan struct{}
	samples []sample
}

// sample is how many bytes were resident when so many calls had been answered.
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

// report ends the watch and compares the medians of the first and the last tenth
// of the calls. How much garbage there is depends on when it is collected.
func (m *memory) report(r *report, part string, calls int, began time.Time) {
	close(m.stop)
	<-m.stopped
	first, last := m.median(0, calls/10), m.median(calls*9/10, calls)
	r.check(check{
		part: part, promise: "resident memory in the last tenth at most 10 % above the first",
		wrong: first == 0, late: float64(last) > 1.1*float64(first), from: began,
	}, "%.1f MB, then %.1f MB", float64(first)/1e6, float64(last)/1e6)
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
