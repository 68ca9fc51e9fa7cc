package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/watch"
)

// waitState is what a command that waits for a test knows.
type waitState struct {
	began   time.Time
	test    cfapi.PolicyTest
	readAt  time.Time    // when the figures were read; zero if there are none yet
	failure *cfapi.Error // why later figures are missing; nil if they are not

	// The first percentage and when it was read, for an estimate of the end. One that has
	// gone back is the first again.
	first   *float64
	firstAt time.Time
}

// take takes what is new.
func (s *waitState) take(snapshot watch.Snapshot) {
	s.failure = snapshot.Failure
	if !snapshot.Known() {
		return
	}
	last := s.test.PercentUsersProcessed
	s.test, s.readAt = snapshot.Answer.Result, snapshot.ReadAt
	if percent := s.test.PercentUsersProcessed; percent != nil && (s.first == nil || last != nil && *percent < *last) {
		s.first, s.firstAt = percent, s.readAt
	}
}

const (
	// estimateAfter is for how long a test has to move before its end is estimated.
	estimateAfter = 3 * time.Second
	// longestEstimate is what nobody plans with.
	longestEstimate = 48 * time.Hour
	// unmarkedAge is how old figures are at most without a word about it.
	unmarkedAge = 15 * time.Second
)

// left estimates how long the test still takes; false if that cannot be told.
func (s *waitState) left(now time.Time) (time.Duration, bool) {
	percent := s.test.PercentUsersProcessed
	if s.first == nil || percent == nil || *percent <= *s.first || s.readAt.Sub(s.firstAt) < estimateAfter {
		return 0, false
	}
	perPercent := s.readAt.Sub(s.firstAt).Seconds() / (*percent - *s.first)
	seconds := (100-*percent)*perPercent - now.Sub(s.readAt).Seconds()
	if seconds < 1 || seconds > longestEstimate.Seconds() {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// age is how old the figures are; false if that is not worth a word.
func (s *waitState) age(now time.Time) (time.Duration, bool) {
	age := now.Sub(s.readAt)
	return age, !s.readAt.IsZero() && (s.failure != nil && age >= time.Second || age > unmarkedAge)
}

// why says why there are no new figures; "" if nothing is known of a failure.
func (s *waitState) why() (sentence, short string) {
	if s.failure == nil {
		return "", ""
	}
	switch s.failure.Kind {
	case cfapi.RateLimited:
		return "Cloudflare's request quota is used up", "no quota"
	case cfapi.Timeout:
		return "Cloudflare does not answer", "no answer"
	case cfapi.UnexpectedResponse:
		return "Cloudflare's answers cannot be read", "unreadable"
	default:
		return "Cloudflare cannot be reached or fails", "API fails"
	}
}

// showWait shows on stderr how far a wait has come: as a live line on a terminal, as a
// line now and then elsewhere, where nothing but the result may be wanted. show takes
// the news.
func (c *console) showWait(resultOnly bool) (show func(watch.Snapshot), stop func()) {
	var mu sync.Mutex
	state := waitState{began: time.Now()}
	locked := func(do func()) {
		mu.Lock()
		defer mu.Unlock()
		do()
	}
	show = func(snapshot watch.Snapshot) { locked(func() { state.take(snapshot) }) }
	if c.out.steerable {
		return show, c.live(0, func(now time.Time, width int) (line text) {
			locked(func() { line = state.line(now, width, c.out.colored) })
			return line
		})
	}
	if resultOnly {
		return show, func() {}
	}
	lines := waitLines{}
	return show, every(time.Second, func(now time.Time) {
		var line string
		locked(func() { line = lines.next(&state, now) })
		if line != "" {
			_, _ = fmt.Fprintln(c, line) // what cannot be shown is not worth failing for
		}
	}, func() {})
}

const (
	// newsEvery is the shortest time between two lines where lines stay.
	newsEvery = 30 * time.Second
	// lifeEvery is the longest.
	lifeEvery = 2 * time.Minute
)

// waitLines decides when a wait is worth a line that stays.
type waitLines struct {
	at   time.Time // of the last line; zero if there has been none
	said string
}

// next is the line to be written now; "" for none.
func (l *waitLines) next(s *waitState, now time.Time) string {
	if s.readAt.IsZero() && s.failure == nil && now.Sub(s.began) < newsEvery {
		return "" // the first answer will come
	}
	said := s.sentence()
	if since := now.Sub(l.at); !l.at.IsZero() && since < lifeEvery && (said == l.said || since < newsEvery) {
		return ""
	}
	l.at, l.said = now, said
	line := clock(now.Sub(s.began)) + " elapsed: " + said
	if age, old := s.age(now); old {
		line += fmt.Sprintf(" (figures are %d s old)", int(age.Seconds()))
	}
	return line
}

// sentence says how things stand, but nothing that time alone changes.
func (s *waitState) sentence() string {
	why, _ := s.why()
	if s.readAt.IsZero() {
		if why == "" {
			why = "waiting for Cloudflare's first answer"
		}
		return why
	}
	parts := []string{processedWords(s.test, ungrouped)}
	for _, o := range outcomes(s.test) {
		if o.count != nil {
			parts = append(parts, fmt.Sprintf("%d %s", *o.count, o.name))
		}
	}
	if why != "" {
		parts = append(parts, "but "+why)
	}
	return strings.Join(parts, ", ")
}

// processedWords repeats the API's figures of how far a test has come, with numbers as
// they are written around them.
func processedWords(test cfapi.PolicyTest, written func(cfapi.Count) string) string {
	switch percent, total := test.PercentUsersProcessed, test.TotalUsers; {
	case percent != nil && total != nil:
		return fmt.Sprintf("%s%% of %s users processed", exactly(*percent), written(*total))
	case percent != nil:
		return exactly(*percent) + "% of the users processed"
	case total != nil:
		return fmt.Sprintf("no progress reported for the %s users", written(*total))
	default:
		return "no progress reported"
	}
}

func exactly(number float64) string { return strconv.FormatFloat(number, 'f', -1, 64) }

// clock is a duration as 4:05 or 1:04:05.
func clock(d time.Duration) string {
	seconds := int(math.Floor(d.Seconds()))
	if seconds >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// showReading shows on a terminal how many users have been read, for as long as the
// reading takes. show adds users.
func (c *console) showReading(all bool) (show func(users int), stop func()) {
	var read atomic.Int64
	state := waitState{began: time.Now()}
	return func(users int) { read.Add(int64(users)) }, c.live(quietStart, func(now time.Time, width int) text {
		said := "asking Cloudflare"
		if all {
			said = grouped(cfapi.Count(read.Load())) + " users read"
		}
		return joined(" ", state.spin(now), words(said), state.elapsed(1, now)).cut(width)
	})
}
