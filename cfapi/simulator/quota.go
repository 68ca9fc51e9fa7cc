package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// quota counts requests in fixed windows.
type quota struct {
	limit  int
	window time.Duration
	used   int
	end    time.Time // of the current window
}

// quotaState is the quota as one answer reports it.
type quotaState struct {
	limit, remaining int
	window, reset    time.Duration
	exceeded         bool
}

func (q *quota) take(now time.Time) quotaState {
	if !now.Before(q.end) {
		q.used, q.end = 0, now.Add(q.window)
	}
	q.used++
	if q.used == q.limit+1 {
		// Going over costs a whole window, counted from here.
		q.end = now.Add(q.window)
	}
	return quotaState{
		limit:     q.limit,
		remaining: max(q.limit-q.used, 0),
		window:    q.window,
		reset:     q.end.Sub(now),
		exceeded:  q.used > q.limit,
	}
}

func (q quotaState) setHeaders(header http.Header) {
	reset := int((q.reset + time.Second - 1) / time.Second)
	header.Set("Ratelimit", fmt.Sprintf(`"default";r=%d;t=%d`, q.remaining, reset))
	header.Set("Ratelimit-Policy", fmt.Sprintf(`"default";q=%d;w=%d`, q.limit, q.window/time.Second))
	if q.exceeded {
		header.Set("Retry-After", strconv.Itoa(reset))
	}
}
