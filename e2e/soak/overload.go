package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A machine is overloaded while this many threads, running or ready to run, share
// each of its processors. This program and the server make no more than 2 or 3 of
// them, because a Go program runs one thread a processor, and for moments a few
// more that come out of the kernel. So a server that is busy for no reason does
// not excuse itself.
const overloadedAt = 4.0

// overloadedShare is how much of the time of a check the machine must have been
// overloaded to be the reason why the check took too long.
const overloadedShare = 0.1

// machine remembers how busy the machine has been.
type machine struct {
	mu      sync.Mutex
	seconds []second
}

// second is one second, and how many threads shared a processor on average.
type second struct {
	ended   time.Time
	threads float64
}

// watchMachine measures ten times a second until ctx ends. Where /proc/stat
// cannot be read, no machine is ever overloaded.
func watchMachine(ctx context.Context) *machine {
	m := &machine{}
	go func() {
		ticker := time.NewTicker(100 * time.Millisecond)
		defer ticker.Stop()
		var sum, samples float64
		for began := time.Now(); ctx.Err() == nil; <-ticker.C {
			data, _ := os.ReadFile("/proc/stat")
			if threads, ok := threadsPerProcessor(data); ok {
				sum, samples = sum+threads, samples+1
			}
			if now := time.Now(); samples > 0 && now.Sub(began) >= time.Second {
				m.add(second{now, sum / samples})
				began, sum, samples = now, 0, 0
			}
		}
	}()
	return m
}

func (m *machine) add(s second) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seconds = append(m.seconds, s)
}

// overloaded reports whether the machine was overloaded in the interval.
func (m *machine) overloaded(from, to time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	var busy, all float64
	for _, s := range m.seconds {
		if s.ended.Before(from) || s.ended.Add(-time.Second).After(to) {
			continue
		}
		all++
		if s.threads >= overloadedAt {
			busy++
		}
	}
	return busy > 0 && busy >= overloadedShare*all
}

// threadsPerProcessor reads /proc/stat; see proc(5).
func threadsPerProcessor(stat []byte) (float64, bool) {
	processors, running, known := 0, 0, false
	for lines := bufio.NewScanner(bytes.NewReader(stat)); lines.Scan(); {
		name, rest, _ := strings.Cut(lines.Text(), " ")
		if strings.HasPrefix(name, "cpu") && name != "cpu" {
			processors++
		}
		if name == "procs_running" {
			n, err := strconv.Atoi(strings.TrimSpace(rest))
			running, known = n, err == nil
		}
	}
	if !known || processors == 0 {
		return 0, false
	}
	return float64(running) / float64(processors), true
}
