package tools

import (
	"context"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/watch"
	"access-policy-mcp/tools/typed"
)

// Watching is how a command of this process waits for the end of a test: longer than
// the arguments of a tool can ask for, and with the figures on their way instead of
// sentences about them.
type Watching struct {
	// Limit is how long to wait, in place of wait_seconds. That has its bound because
	// clients cut calls off.
	Limit time.Duration

	// Show receives each new state, and at least every 15 s the last one; see
	// [watch.Watcher.Wait].
	Show func(watch.Snapshot)

	// Words say what has failed to the reader of warnings; nil to name the kind of the
	// error, as clients over MCP know it.
	Words func(*cfapi.Error) string
}

type watchingKey struct{}

// WithWatching returns a context for a call of get_access_policy_test that waits like
// this. No client over MCP can ask for it.
func WithWatching(ctx context.Context, w Watching) context.Context {
	return context.WithValue(ctx, watchingKey{}, w)
}

// readPolicyTest reads the state of a test once or, if wait is above 0, watches it
// for so long and reports the progress of the call.
func (s *service) readPolicyTest(ctx context.Context, watcher *watch.Watcher, account AccountID, id PolicyTestID, wait time.Duration) (watch.Snapshot, error) {
	if w, ok := ctx.Value(watchingKey{}).(Watching); ok {
		return watcher.Wait(ctx, string(account), string(id), w.Limit, w.Show)
	}
	if wait == 0 {
		return watcher.Get(ctx, string(account), string(id))
	}
	report := typed.Progress(ctx)
	if report == nil {
		return watcher.Wait(ctx, string(account), string(id), wait, nil)
	}
	return watcher.Wait(ctx, string(account), string(id), wait, func(snapshot watch.Snapshot) {
		if !snapshot.Known() {
			report(nil, "waiting for Cloudflare's first answer")
			return
		}
		test := s.newPolicyTest(ctx, id, snapshot)
		report(test.PercentUsersProcessed, test.progress())
	})
}
