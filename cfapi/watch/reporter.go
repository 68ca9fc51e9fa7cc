package watch

import "time"

const (
	// reportEvery is the longest time without a report.
	reportEvery = 15 * time.Second
	// lastReport is how long before the end of a wait the reports cease, so that none
	// races the result.
	lastReport = time.Second
)

// reporter tells a caller who waits how things stand.
type reporter struct {
	report func(Snapshot)
	until  time.Time
	next   time.Time // of a report without news
}

func newReporter(report func(Snapshot), end time.Time) *reporter {
	return &reporter{report: report, until: end.Add(-lastReport), next: time.Now().Add(reportEvery)}
}

// tell reports a snapshot that is news, or the last one when it is time.
func (r *reporter) tell(s *Snapshot, isNew bool) {
	now := time.Now()
	if isNew && s.any() || !now.Before(r.next) {
		r.next = now.Add(reportEvery)
		if r.report != nil && now.Before(r.until) {
			r.report(*s)
		}
	}
}
