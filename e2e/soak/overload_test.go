package main

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestThreadsPerProcessor(t *testing.T) {
	const stat = "cpu  1 2 3\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\nctxt 6\nprocs_running 7\nprocs_blocked 9\n"
	if got, ok := threadsPerProcessor([]byte(stat)); !ok || got != 3.5 {
		t.Errorf("%v, %t; want 3.5", got, ok)
	}
	for _, stat := range []string{"", "cpu0 1\n", "procs_running 7\n", "cpu  1\nprocs_running 7\n", "cpu0 1\nprocs_running many\n"} {
		if got, ok := threadsPerProcessor([]byte(stat)); ok {
			t.Errorf("%q: %v, want nothing", stat, got)
		}
	}
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Skip("not Linux")
	}
	if got, ok := threadsPerProcessor(data); !ok || got <= 0 {
		t.Errorf("this machine: %v, %t; want at least this thread", got, ok)
	}
}

func TestOverloaded(t *testing.T) {
	start := time.Now()
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	m := &machine{}
	if m.overloaded(start, at(100)) {
		t.Error("overloaded without a measurement")
	}
	for i := 1; i <= 100; i++ { // quiet, but for seconds 41 to 50
		threads := overloadedAt - 0.1
		if i > 40 && i <= 50 {
			threads = overloadedAt
		}
		m.add(second{at(i), threads})
	}
	for _, tc := range []struct {
		name     string
		from, to int
		want     bool
	}{
		{"before", 0, 39, false},
		{"after", 51, 100, false},
		{"during", 42, 43, true},
		{"half of the time", 45, 55, true},
		{"a tenth of the time", 0, 100, true},
		{"too little of the time", 48, 100, false},
		{"later than anything measured", 200, 300, false},
	} {
		if got := m.overloaded(at(tc.from), at(tc.to)); got != tc.want {
			t.Errorf("%s: %t", tc.name, got)
		}
	}
}

func TestWatchMachine(t *testing.T) {
	if _, err := os.Stat("/proc/stat"); err != nil {
		t.Skip("not Linux")
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		m := watchMachine(ctx)
		time.Sleep(10*time.Second + 50*time.Millisecond)
		cancel()
		time.Sleep(time.Second)
		m.mu.Lock()
		defer m.mu.Unlock()
		if len(m.seconds) != 10 {
			t.Errorf("%d seconds measured of 10", len(m.seconds))
		}
		for _, s := range m.seconds {
			if s.threads <= 0 {
				t.Errorf("%v threads a processor, want at least this one", s.threads)
			}
		}
	})
}
