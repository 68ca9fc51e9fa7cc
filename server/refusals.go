package server

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// refusalInterval is the shortest time between two log records of refusals for the same
// reason.
const refusalInterval = time.Second

// refusals logs what the server refuses, without letting anybody fill the log: at most
// one record in each interval for each reason, which counts those that were left out.
type refusals struct {
	log *slog.Logger

	mu      sync.Mutex
	reasons map[string]*refusal
}

// refusal is the state of one reason. It exists while the interval after a record lasts.
type refusal struct {
	suppressed int
	last       []slog.Attr // of the last one that was left out
}

func newRefusals(log *slog.Logger) *refusals {
	return &refusals{log: log, reasons: map[string]*refusal{}}
}

// record logs that something is refused. Reason is one of a few fixed texts. No attribute
// may hold a secret, or text of a client that is not bounded.
func (r *refusals) record(ctx context.Context, reason string, attrs ...slog.Attr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if state, ok := r.reasons[reason]; ok {
		state.suppressed++
		state.last = attrs
		return
	}
	r.write(ctx, reason, attrs)
}

// write logs and starts the interval.
func (r *refusals) write(ctx context.Context, reason string, attrs []slog.Attr) {
	r.reasons[reason] = &refusal{}
	ctx = context.WithoutCancel(ctx)
	time.AfterFunc(refusalInterval, func() { r.elapsed(ctx, reason) })
	r.log.LogAttrs(ctx, slog.LevelWarn, "refused", append([]slog.Attr{slog.String("reason", reason)}, attrs...)...)
}

// elapsed ends an interval. What was left out in it gets a record.
func (r *refusals) elapsed(ctx context.Context, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	state := r.reasons[reason]
	delete(r.reasons, reason)
	if state.suppressed > 0 {
		r.write(ctx, reason, append(state.last, slog.Int("suppressed", state.suppressed)))
	}
}

// remote says in the log who sends a request.
func remote(r *http.Request) slog.Attr { return slog.String("remote", foreign(r.RemoteAddr)) }

// foreign is a client's text for the log, which quotes it if it has to, of bounded length.
func foreign(s string) string {
	const longest = 100
	if len(s) > longest {
		s = s[:longest] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
