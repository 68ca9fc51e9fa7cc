package tools

import (
	"encoding/json"
	"time"

	"access-policy-mcp/cfapi/watch"
)

// Observation is what a call has learnt of a policy test that it has started or read.
type Observation struct {
	AccountID    AccountID
	PolicyTestID PolicyTestID

	// CalledAt is when the call began, which for one that waits is long ago.
	CalledAt time.Time
	// StartedAt is when the call started the test; zero if it did not.
	StartedAt time.Time
	// Policies are the IDs or names of those that the call started the test with.
	Policies []string

	// Test is the state of the test; nil if it has not been read.
	Test *PolicyTest
	// ReadAt is when Cloudflare told the state.
	ReadAt time.Time
}

// observe tells the observer of a test that a call has read.
func (s *service) observe(account AccountID, id PolicyTestID, calledAt time.Time, snapshot watch.Snapshot, test PolicyTest) {
	if s.options.Observe != nil {
		s.options.Observe(Observation{AccountID: account, PolicyTestID: id, CalledAt: calledAt, Test: &test, ReadAt: snapshot.ReadAt})
	}
}

// observeStart tells the observer of a test that a call has started.
func (s *service) observeStart(in startInput, id PolicyTestID, calledAt time.Time) {
	if s.options.Observe == nil {
		return
	}
	policies := make([]string, len(in.Policies))
	for i, p := range in.Policies {
		policies[i] = p.label()
	}
	s.options.Observe(Observation{AccountID: in.AccountID, PolicyTestID: id, CalledAt: calledAt, StartedAt: time.Now(), Policies: policies})
}

// label is the ID of a reusable policy or the name of an inline one.
func (p policy) label() string {
	var id string
	if json.Unmarshal(p, &id) == nil {
		return id
	}
	var inline struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(p, &inline) // the schema demands a name
	return inline.Name
}
