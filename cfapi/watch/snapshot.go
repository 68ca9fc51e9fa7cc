package watch

import (
	"time"

	"access-policy-mcp/cfapi"
)

// Snapshot is what is known of a test at a moment.
type Snapshot struct {
	// Answer is the newest that the API gave.
	Answer cfapi.Answer[cfapi.PolicyTest]

	// ReadAt is when it was read; zero if there has been none.
	ReadAt time.Time

	// Failure is why a later request failed; nil if none did.
	Failure *cfapi.Error

	// Next is how long to wait before asking again, at least 1 s. It has no meaning
	// once the test has finished.
	Next time.Duration
}

// Known reports whether there is an answer.
func (s Snapshot) Known() bool { return !s.ReadAt.IsZero() }

// any reports whether there is an answer or a failure.
func (s *Snapshot) any() bool { return s.Known() || s.Failure != nil }

// result is an error only if it will not pass or there is nothing else.
func (s *Snapshot) result() (Snapshot, error) {
	if s.Failure != nil && (!s.Known() || !s.Failure.Temporary()) {
		return Snapshot{}, s.Failure
	}
	return *s, nil
}

// ended reports whether waiting on is pointless: the test has finished, has a
// status of which nobody knows what it means, or cannot be read.
func (s *Snapshot) ended() bool {
	if s.Failure != nil {
		// A name that has never resolved is more likely wrong than unreachable.
		return !s.Failure.Temporary() || !s.Known() && s.Failure.NameUnresolved()
	}
	status := s.Answer.Result.Status
	return s.Known() && status != "" && status != cfapi.Processing
}
