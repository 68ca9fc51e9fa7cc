package cfapi_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

func TestRateLimitHeader(t *testing.T) {
	t.Parallel()
	known := func(remaining int, reset time.Duration) cfapi.RateLimit {
		return cfapi.RateLimit{Known: true, Remaining: remaining, Reset: reset}
	}
	for name, c := range map[string]struct {
		lines []string
		want  cfapi.RateLimit
	}{
		"documented":              {[]string{`"default";r=50;t=30`}, known(50, 30*time.Second)},
		"used up":                 {[]string{`"default";r=0;t=299`}, known(0, 299*time.Second)},
		"token as name":           {[]string{`default;r=50;t=30`}, known(50, 30*time.Second)},
		"other parameters":        {[]string{`"default";pk=:YQ==:;x;r=50;y="z";t=30`}, known(50, 30*time.Second)},
		"white space":             {[]string{`  "default"; r=50; t=30  `}, known(50, 30*time.Second)},
		"no time":                 {[]string{`"default";r=50`}, known(50, 0)},
		"several, tightest last":  {[]string{`"ip";r=180;t=1, "default";r=50;t=30`}, known(50, 30*time.Second)},
		"several, tightest 1st":   {[]string{`"default";r=50;t=30, "ip";r=180;t=1`}, known(50, 30*time.Second)},
		"several used up":         {[]string{`"a";r=0;t=10, "b";r=0;t=200, "c";r=0;t=30`}, known(0, 200*time.Second)},
		"one of them used up":     {[]string{`"a";r=1;t=300, "b";r=0;t=20`}, known(0, 20*time.Second)},
		"used up, long over":      {[]string{`"a";r=0;t=0, "b";r=3;t=20`}, known(3, 20*time.Second)},
		"fewer, but not for long": {[]string{`"a";r=10;t=1, "b";r=100;t=300`}, known(100, 300*time.Second)},
		"several lines":           {[]string{`"ip";r=180;t=1`, `"default";r=50;t=30`}, known(50, 30*time.Second)},
		"one of two readable":     {[]string{`"ip";t=1, "default";r=50;t=30`}, known(50, 30*time.Second)},
		"inner list passed over":  {[]string{`("a" "b");r=1;t=1, "default";r=50;t=30`}, known(50, 30*time.Second)},
		"negative":                {[]string{`"default";r=-5;t=-30`}, known(0, 0)},
		"a day":                   {[]string{`"default";r=1;t=86400`}, known(1, time.Hour)},
		"a million years":         {[]string{`"default";r=1;t=99999999999999`}, known(1, time.Hour)},

		"absent":              {nil, cfapi.RateLimit{}},
		"empty":               {[]string{``}, cfapi.RateLimit{}},
		"without remaining":   {[]string{`"default";t=30`}, cfapi.RateLimit{}},
		"remaining a string":  {[]string{`"default";r="50";t=30`}, cfapi.RateLimit{}},
		"remaining a decimal": {[]string{`"default";r=50.0;t=30`}, cfapi.RateLimit{}},
		"remaining too large": {[]string{`"default";r=99999999999999999999;t=30`}, cfapi.RateLimit{}},
		"draft of old":        {[]string{`limit=1200, remaining=50, reset=30`}, cfapi.RateLimit{}},
		"number alone":        {[]string{`50`}, cfapi.RateLimit{}},
		"open quote":          {[]string{`"default;r=50;t=30`}, cfapi.RateLimit{}},
		"comma at the end":    {[]string{`"default";r=50;t=30,`}, cfapi.RateLimit{}},
		"not ASCII":           {[]string{`"défaut";r=50;t=30`}, cfapi.RateLimit{}},
		"second line broken":  {[]string{`"default";r=50;t=30`, `;;;`}, cfapi.RateLimit{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fault := success(`{}`)
			fault.Header = http.Header{"Ratelimit": c.lines}
			if diff := cmp.Diff(c.want, mustAnswer(t, fault).RateLimit); diff != "" {
				t.Errorf("of an answer (-want +got):\n%s", diff)
			}
			fault.Status = http.StatusTooManyRequests
			if diff := cmp.Diff(c.want, mustFail(t, fault).RateLimit); diff != "" {
				t.Errorf("of a failure (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRetryAfterSeconds(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"0":                    0,
		"1":                    time.Second,
		" 300 ":                5 * time.Minute,
		"3600":                 time.Hour,
		"3601":                 time.Hour,
		"9223372036854775807":  time.Hour,
		"99999999999999999999": time.Hour,
		"-1":                   0,
		"":                     0,
		"1.5":                  0,
		"1, 2":                 0,
		"soon":                 0,
		"0x10":                 0,
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			failure := mustFail(t, simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {value}}})
			if failure.RetryAfter != want {
				t.Errorf("delay is %v, want %v", failure.RetryAfter, want)
			}
		})
	}
}

// A date is good to the second only, so the delay may be up to one second longer
// than the time until then, but never shorter: asking too early is refused again.
func TestRetryAfterDate(t *testing.T) {
	t.Parallel()
	for name, format := range map[string]string{
		"IMF-fixdate": http.TimeFormat,
		"RFC 850":     "Monday, 02-Jan-06 15:04:05 GMT",
		"asctime":     time.ANSIC,
	} {
		for _, ahead := range []time.Duration{time.Second, 90 * time.Second, 59 * time.Minute} {
			t.Run(name+"/"+ahead.String(), func(t *testing.T) {
				t.Parallel()
				until, got := retryAfterDate(t, format, ahead)
				if got < until || got > until+time.Second {
					t.Errorf("delay is %v for a date %v ahead", got, until)
				}
			})
		}
	}
}

func TestRetryAfterDateOutOfRange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		format string
		ahead  time.Duration
		want   time.Duration
	}{
		"a day":          {http.TimeFormat, 24 * time.Hour, time.Hour},
		"a minute ago":   {http.TimeFormat, -time.Minute, 0},
		"years ago":      {http.TimeFormat, -20 * 365 * 24 * time.Hour, 0},
		"another zone":   {time.RFC1123Z, 90 * time.Second, 0}, // HTTP allows GMT alone
		"another format": {time.RFC3339, 90 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, got := retryAfterDate(t, c.format, c.ahead); got != c.want {
				t.Errorf("delay is %v, want %v", got, c.want)
			}
		})
	}
}

// retryAfterDate returns the delay read from a date, and the time until then.
func retryAfterDate(t *testing.T, format string, ahead time.Duration) (until, delay time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		client, sim := simulated(t)
		time.Sleep(400 * time.Millisecond) // it is seldom a whole second
		date := time.Now().Truncate(time.Second).Add(ahead).UTC()
		sim.SetFaults(simulator.Always(simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {date.Format(format)}}}))
		_, err := get(t.Context(), client)
		until, delay = time.Until(date), asError(t, err).RetryAfter
	})
	return until, delay
}

// The end of time is a usual way to write "not again"; it must not overflow into
// "at once".
func TestRetryAfterTheEndOfTime(t *testing.T) {
	t.Parallel()
	failure := mustFail(t, simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"Fri, 31 Dec 9999 23:59:59 GMT"}}})
	if failure.RetryAfter != time.Hour {
		t.Errorf("delay is %v", failure.RetryAfter)
	}
}
