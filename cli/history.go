package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/history"
	"access-policy-mcp/tools"
)

// history returns the list of tests of this machine; nil if it is switched off, or the
// environment does not tell where it is.
func (s *Settings) history() *history.Store {
	folder := s.historyFolder()
	if s.NoHistory || folder == "" {
		return nil
	}
	return history.NewStore(folder)
}

// historyFolder is where the list is; "" if the environment does not tell.
func (s *Settings) historyFolder() string {
	return history.Folder(runtime.GOOS, func(name string) string { return s.environment[name] })
}

// flushTimeout is how long the end of the program waits for the history to be written:
// longer than a writer waits for other processes.
const flushTimeout = 4 * time.Second

// historyTrouble says what is wrong with the history, each thing once: no call fails for
// it. It is safe for concurrent use.
type historyTrouble struct {
	stderr io.Writer    // of a command for the terminal; nil in a server
	log    *slog.Logger // of a server

	mu   sync.Mutex
	said map[string]bool
	lost bool // there is a test that is not remembered
}

// readable reports whether there is a list despite of an error of [history.Store.Tests].
func readable(err error) bool {
	_, broken := errors.AsType[*history.BrokenError](err)
	return err == nil || broken || errors.Is(err, history.ErrNewer)
}

// report says why a test is not remembered, or that the list was broken.
func (h *historyTrouble) report(err error) {
	_, broken := errors.AsType[*history.BrokenError](err)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lost = h.lost || !broken
	if h.said[err.Error()] {
		return
	}
	if h.said == nil {
		h.said = map[string]bool{}
	}
	h.said[err.Error()] = true
	switch {
	case h.stderr != nil && broken:
		_, _ = fmt.Fprintln(h.stderr, err)
	case h.stderr != nil:
		_, _ = fmt.Fprintf(h.stderr, "The test is not remembered: %s\n", err)
	case broken:
		h.log.Info("the list of remembered tests was broken", "error", err)
	default:
		h.log.Info("tests cannot be remembered; --no-history switches it off", "error", err)
	}
}

// remembers reports whether nothing has been lost so far.
func (h *historyTrouble) remembers() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.lost
}

// observer returns what remembers the tests that calls start or read, nil if nothing is
// to be remembered, and a function that writes what has not been written yet. What goes
// wrong is reported.
func observer(settings *Settings, report func(error)) (observe func(tools.Observation), flush func()) {
	store := settings.history()
	if store == nil {
		return nil, func() {}
	}
	recorder := history.NewRecorder(store, report)
	return func(o tools.Observation) {
		if settings.Simulate && simulator.IsExample(string(o.PolicyTestID)) {
			return // each process starts them anew
		}
		recorder.Remember(remembered(o, settings.Simulate))
	}, func() { recorder.Flush(flushTimeout) }
}

// remembered is what the history has of an observation.
func remembered(o tools.Observation, simulated bool) history.Test {
	test := history.Test{
		AccountID:    string(o.AccountID),
		PolicyTestID: string(o.PolicyTestID),
		Simulated:    simulated,
		StartedAt:    o.StartedAt,
		AskedAt:      o.CalledAt,
		Policies:     o.Policies,
	}
	if t := o.Test; t != nil {
		test.ReadAt = o.ReadAt
		test.Result = &history.Result{
			Status: t.Status, PercentUsersProcessed: t.PercentUsersProcessed,
			PercentApproved: t.PercentApproved, PercentBlocked: t.PercentBlocked, PercentErrored: t.PercentErrored,
			TotalUsers: t.TotalUsers, UsersApproved: t.UsersApproved, UsersBlocked: t.UsersBlocked, UsersErrored: t.UsersErrored,
		}
	}
	return test
}

// simulatorMemory lets the simulator of this process go on with the tests of earlier
// ones. A list that cannot be read is an empty one; that it cannot be written is reported.
func simulatorMemory(store *history.Store, report func(error)) simulator.Memory {
	if store == nil {
		return simulator.Memory{}
	}
	return simulator.Memory{
		Claim: func(id string, startedAt time.Time) bool {
			claimed, err := store.Claim(context.Background(), history.Test{
				AccountID: simulator.AccountID, PolicyTestID: id, Simulated: true, StartedAt: startedAt, AskedAt: startedAt,
			})
			if err != nil {
				report(err)
			}
			return claimed || err != nil
		},
		StartedAt: func(id string) (time.Time, bool) {
			tests, _ := store.Tests() // empty if it cannot be read
			for _, t := range tests {
				if t.Simulated && t.PolicyTestID == id && !t.StartedAt.IsZero() {
					return t.StartedAt, true
				}
			}
			return time.Time{}, false
		},
	}
}
