package simulator

import "time"

// Memory is what a simulator knows of tests that other simulators have started, as
// those of earlier processes: it answers about them as these would. The zero value
// remembers nothing. The functions are safe for concurrent use.
type Memory struct {
	// Claim reserves the ID of a test that starts at a moment. It is false if the ID
	// is taken.
	Claim func(id string, startedAt time.Time) bool
	// StartedAt returns when the test with an ID was started; false if it was not.
	StartedAt func(id string) (time.Time, bool)
}

// SetMemory gives the simulator a memory, before the first request.
func (s *Simulator) SetMemory(memory Memory) { s.memory = memory }

// IsExample reports whether the ID is that of a test that every simulator knows.
func IsExample(id string) bool {
	switch id {
	case PolicyTestID, BlockedID, ExceededTimeID, UnknownStatusID, DocumentedID:
		return true
	}
	return false
}

// find returns the test with an ID; nil if there is none.
func (s *Simulator) find(id string) *run {
	s.mu.Lock()
	test := s.tests[id]
	s.mu.Unlock()
	if test != nil || s.memory.StartedAt == nil {
		return test
	}
	startedAt, ok := s.memory.StartedAt(id)
	if !ok {
		return nil
	}
	// A clock that was set back must not make the progress negative.
	if now := time.Now(); startedAt.After(now) {
		startedAt = now
	}
	return s.addStarted(id, startedAt)
}
