package watch

import (
	"context"
	"errors"
	"time"

	"access-policy-mcp/cfapi"
)

// drainPatience is how long a caller still waits for an answer once the watcher is
// drained.
const drainPatience = 3 * time.Second

// stay is how long a caller stays.
type stay struct {
	end      time.Time       // when it wants to leave, if there is something to leave with
	giveUp   time.Time       // when it leaves in any case
	draining <-chan struct{} // nil once it has been heard
}

// next is the time that comes next.
func (s *stay) next() time.Time {
	if time.Now().Before(s.end) {
		return s.end
	}
	return s.giveUp
}

// pause returns at news, at a time, or when the watcher is drained, which brings the
// end forward. The error tells that ctx has ended.
func (s *stay) pause(ctx context.Context, news <-chan struct{}, until time.Time) error {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-news:
	case <-timer.C:
	case <-s.draining:
		now := time.Now()
		s.draining = nil
		s.end, s.giveUp = earlier(s.end, now), earlier(s.giveUp, now.Add(drainPatience))
	case <-ctx.Done():
		return contextError(ctx)
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// contextError words the end of a caller's context.
func contextError(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return noAnswer()
	}
	return &cfapi.Error{Kind: cfapi.Canceled, Summary: "the call was canceled"}
}

func noAnswer() error { return &cfapi.Error{Kind: cfapi.Timeout, Summary: "no answer in time"} }
