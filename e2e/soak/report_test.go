package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestVerdicts(t *testing.T) {
	for _, tc := range []struct {
		name                    string
		wrong, late, overloaded bool
		want                    verdict
	}{
		{"kept", false, false, false, passed},
		{"kept on an overloaded machine", false, false, true, passed},
		{"late", false, true, false, failed},
		{"late on an overloaded machine", false, true, true, inconclusive},
		{"wrong", true, false, false, failed},
		{"wrong on an overloaded machine", true, false, true, failed},
		{"wrong and late on an overloaded machine", true, true, true, failed},
	} {
		if got := (check{wrong: tc.wrong, late: tc.late}).judge(tc.overloaded); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestIsLate(t *testing.T) {
	for err, want := range map[error]bool{
		context.DeadlineExceeded:                       true,
		fmt.Errorf("read: %w", os.ErrDeadlineExceeded): true,
		context.Canceled:                               false, // by somebody who interrupts the run
		errors.New("EOF"):                              false,
		nil:                                            false,
	} {
		if isLate(err) != want {
			t.Errorf("isLate(%v) = %t", err, !want)
		}
	}
}

// TestReport checks the whole way from the machine to the exit status.
func TestReport(t *testing.T) {
	const hint = "Inconclusive: too late"
	began := time.Now().Add(-time.Minute)
	good, late, wrong := check{from: began}, check{late: true, from: began}, check{wrong: true, from: began}
	for _, tc := range []struct {
		name    string
		threads float64
		checks  []check
		want    string
		status  int
		hint    bool
	}{
		{"all kept", 1, []check{good, good}, "2 passed, 0 failed, 0 inconclusive", 0, false},
		{"late on a quiet machine", overloadedAt / 2, []check{good, late}, "1 passed, 1 failed, 0 inconclusive", 1, false},
		{"late on an overloaded machine", overloadedAt, []check{good, late, late}, "1 passed, 0 failed, 2 inconclusive", 0, true},
		{"wrong on an overloaded machine", overloadedAt, []check{wrong, late}, "0 passed, 1 failed, 1 inconclusive", 1, true},
		{"nothing checked", 1, nil, "0 passed, 0 failed, 0 inconclusive", 1, false},
	} {
		m := &machine{}
		m.add(second{began.Add(time.Second), tc.threads})
		var progress, out strings.Builder
		r := newReport(m, &progress)
		for _, c := range tc.checks {
			r.check(c, "measured | a\nthing")
		}
		status := r.print(&out)
		if status != tc.status || !strings.Contains(out.String(), tc.want) || strings.Contains(out.String(), hint) != tc.hint {
			t.Errorf("%s: status %d, want %d and %q:\n%s", tc.name, status, tc.status, tc.want, out.String())
		}
		if n := strings.Count(progress.String(), "\n"); n != len(tc.checks) {
			t.Errorf("%s: %d lines of progress", tc.name, n)
		}
		if n := strings.Count(out.String(), "measured / a thing |"); n != len(tc.checks) {
			t.Errorf("%s: %d rows", tc.name, n)
		}
	}
}
