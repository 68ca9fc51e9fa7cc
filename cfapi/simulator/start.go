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
// policies. Its ID depends only on how many were started before.
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
	s.mu.Lock()
	s.started++
	test := newRun(fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, "policy test ", s.started))), 20, 8*time.Second)
	test.started = time.Now()
	s.tests[test.id] = test
	s.mu.Unlock()
	succeed(w, cfapi.StartedPolicyTest{ID: test.id, Status: "success"})
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
