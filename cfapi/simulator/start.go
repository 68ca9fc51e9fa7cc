package simulator

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"access-policy-mcp/cfapi"
)

// startPolicyTest starts a test of 20 users that takes 8 s, whatever the
// policies. Its ID depends only on how many were started before, in the memory
// as well.
func (s *Simulator) startPolicyTest(w http.ResponseWriter, r *http.Request) {
	if !checkAccount(w, r) {
		return
	}
	var body struct{ Policies []json.RawMessage }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		invalid(w, "the body is not JSON")
		return
	}
	if len(body.Policies) == 0 {
		invalid(w, "policies is required")
		return
	}
	for _, policy := range body.Policies {
		if !validPolicy(policy) {
			invalid(w, "invalid policy")
			return
		}
	}
	succeed(w, cfapi.StartedPolicyTest{ID: s.startNext(), Status: "success"})
}

// startNext starts a test under the next ID that is free.
func (s *Simulator) startNext() (id string) {
	for {
		s.mu.Lock()
		s.started++
		id = fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, "policy test ", s.started)))
		s.mu.Unlock()
		now := time.Now()
		if s.memory.Claim == nil || s.memory.Claim(id, now) {
			s.addStarted(id, now)
			return id
		}
	}
}

// addStarted makes a test known that was started at a moment.
func (s *Simulator) addStarted(id string, at time.Time) *run {
	test := newRun(id, 20, 8*time.Second)
	test.started = at
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tests[id] = test
	return test
}

// validPolicy accepts the ID of a reusable policy, or an inline policy with what
// it must have.
func validPolicy(data json.RawMessage) bool {
	var id string
	if json.Unmarshal(data, &id) == nil {
		return id != ""
	}
	var inline struct {
		Decision, Name string
		Include        []map[string]any
	}
	return json.Unmarshal(data, &inline) == nil && inline.Name != "" && len(inline.Include) > 0 &&
		slices.Contains([]string{"allow", "deny", "non_identity", "bypass"}, inline.Decision)
}
