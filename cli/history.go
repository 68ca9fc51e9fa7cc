package cli

import (
	"context"
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
	folder := history.Folder(runtime.GOOS, func(name string) string { return s.environment[name] })
	if s.NoHistory || folder == "" {
		return nil
	}
	return history.NewStore(folder)
}

// flushTimeout is how long the end of the program waits for the history to be written:
// longer than a writer waits for other processes.
const flushTimeout = 4 * time.Second

// observer returns what remembers the tests that calls start or read, nil if nothing is
// to be remembered, and a function that writes what has not been written yet. What goes
// wrong is logged once: no call fails for it.
func observer(settings *Settings, log *slog.Logger) (observe func(tools.Observation), flush func()) {
	store := settings.history()
	if store == nil {
		return nil, func() {}
	}
	var once sync.Once
	recorder := history.NewRecorder(store, func(err error) {
		once.Do(func() { log.Info("tests cannot be remembered; --no-history switches it off", "error", err) })
	})
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
// ones. A history that cannot be read or written is one that is empty.
func simulatorMemory(store *history.Store) simulator.Memory {
	if store == nil {
		return simulator.Memory{}
	}
	return simulator.Memory{
		Claim: func(id string, startedAt time.Time) bool {
			claimed, err := store.Claim(context.Background(), history.Test{
				AccountID: simulator.AccountID, PolicyTestID: id, Simulated: true, StartedAt: startedAt, AskedAt: startedAt,
			})
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
