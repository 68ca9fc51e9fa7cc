package cfapi

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
)

// RateLimit is what the API says of the caller's quota. Cloudflare allows 1,200
// requests in 5 minutes for a user or account token, and refuses every request
// for the following 5 minutes once that is used up. See
// https://developers.cloudflare.com/fundamentals/api/reference/limits/.
type RateLimit struct {
	// Known is false when the answer had no readable Ratelimit header; the other
	// fields are then zero.
	Known bool

	// Remaining is how many requests are left until Reset is over, at least 0.
	Remaining int

	// Reset is the time until the quota is full again, at least 0.
	Reset time.Duration
}

// parseRateLimit reads a header such as
//
//	Ratelimit: "default";r=50;t=30
//
// (draft-ietf-httpapi-ratelimit-headers, a list in the sense of RFC 9651). Of several
// quotas, the one that closes longest counts: of those that are used up, the one with the
// latest reset, and otherwise the one that leaves the fewest requests a second.
func parseRateLimit(header http.Header) RateLimit {
	list, err := httpsfv.UnmarshalList(header.Values("Ratelimit"))
	if err != nil {
		return RateLimit{}
	}
	var tightest RateLimit
	for _, member := range list {
		item, ok := member.(httpsfv.Item)
		if !ok {
			continue
		}
		remaining, hasRemaining := wholeParam(item, "r")
		reset, _ := wholeParam(item, "t")
		limit := RateLimit{Known: true, Remaining: int(remaining), Reset: seconds(reset)}
		if hasRemaining && (!tightest.Known || limit.tighter(tightest)) {
			tightest = limit
		}
	}
	return tightest
}

// tighter reports whether l leaves less room than other.
func (l RateLimit) tighter(other RateLimit) bool {
	switch used, otherUsed := l.Remaining == 0 && l.Reset > 0, other.Remaining == 0 && other.Reset > 0; {
	case used && otherUsed:
		return l.Reset > other.Reset
	case used != otherUsed:
		return used
	case l.Reset == 0 || other.Reset == 0: // one that is full again limits nothing
		return l.Reset > other.Reset
	default:
		return float64(l.Remaining)*other.Reset.Seconds() < float64(other.Remaining)*l.Reset.Seconds()
	}
}

func wholeParam(item httpsfv.Item, name string) (int64, bool) {
	value, _ := item.Params.Get(name)
	n, ok := value.(int64)
	return max(n, 0), ok
}

// maxDelay bounds what a header can make anybody wait. Cloudflare's own penalty
// is 5 minutes.
const maxDelay = time.Hour

// parseRetryAfter reads a Retry-After header in both of its forms, seconds and
// HTTP date (RFC 9110 section 10.2.3). It is 0 when there is none, and at most
// an hour.
func parseRetryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if n, err := strconv.ParseInt(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return seconds(n)
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	// A date has whole seconds: rounding up never asks too early.
	return min(max(min(date.Sub(now), maxDelay).Truncate(time.Second)+time.Second, 0), maxDelay)
}

func seconds(n int64) time.Duration {
	return time.Duration(min(max(n, 0), int64(maxDelay/time.Second))) * time.Second
}
