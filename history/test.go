package history

import (
	"time"

	"access-policy-mcp/cfapi"
)

// Test is what the list has of a policy test. Its texts are fit to be shown.
type Test struct {
	AccountID    string `json:"account_id"`     // never empty
	PolicyTestID string `json:"policy_test_id"` // never empty

	// Simulated tests are unknown to Cloudflare.
	Simulated bool `json:"simulated,omitempty"`

	// StartedAt is when this machine started the test; zero if it did not.
	StartedAt time.Time `json:"started_at,omitzero"`
	// AskedAt is when this machine last started the test or asked about it. The newest
	// test is the one with the latest.
	AskedAt time.Time `json:"asked_at"`

	// Policies are the IDs or names of the policies that the test was started with, if
	// this machine started it.
	Policies []string `json:"policies,omitempty"`

	// Result is the last known state of the test; nil if there is none.
	Result *Result `json:"result,omitempty"`
	// ReadAt is when Result was read; zero if there is none.
	ReadAt time.Time `json:"read_at,omitzero"`
}

// Result is the state of a test, as [cfapi.PolicyTest] has it.
type Result struct {
	Status                cfapi.Status `json:"status,omitempty"`
	PercentUsersProcessed *float64     `json:"percent_users_processed,omitempty"`
	PercentApproved       *float64     `json:"percent_approved,omitempty"`
	PercentBlocked        *float64     `json:"percent_blocked,omitempty"`
	PercentErrored        *float64     `json:"percent_errored,omitempty"`
	TotalUsers            *cfapi.Count `json:"total_users,omitempty"`
	UsersApproved         *cfapi.Count `json:"users_approved,omitempty"`
	UsersBlocked          *cfapi.Count `json:"users_blocked,omitempty"`
	UsersErrored          *cfapi.Count `json:"users_errored,omitempty"`
}

// Longest texts of a test, in characters, and most policies.
const (
	maxText     = 255
	maxPolicies = 20
)

// sameAs reports whether both are about the same test.
func (t Test) sameAs(other Test) bool {
	return t.PolicyTestID == other.PolicyTestID && t.AccountID == other.AccountID && t.Simulated == other.Simulated
}

// merge adds what a newer entry about the same test says. What that does not say stays.
// A process that has waited for its turn to write may come with an older result.
func (t Test) merge(newer Test) Test {
	if t.StartedAt.IsZero() {
		t.StartedAt = newer.StartedAt
	}
	if newer.AskedAt.After(t.AskedAt) {
		t.AskedAt = newer.AskedAt
	}
	if newer.Policies != nil {
		t.Policies = newer.Policies
	}
	if newer.Result != nil && !newer.ReadAt.Before(t.ReadAt) {
		t.Result, t.ReadAt = newer.Result, newer.ReadAt
	}
	return t
}

// cleaned makes the texts fit to be shown, and bounds them.
func (t Test) cleaned() Test {
	var policies []string
	for _, policy := range t.Policies[:min(len(t.Policies), maxPolicies)] {
		policies = append(policies, shown(policy))
	}
	t.Policies = policies
	if t.Result != nil {
		result := *t.Result
		result.Status = cfapi.Status(shown(string(result.Status)))
		t.Result = &result
	}
	return t
}

func shown(text string) string {
	text = cfapi.Visible(text)
	if characters := []rune(text); len(characters) > maxText {
		return string(characters[:maxText-1]) + "…"
	}
	return text
}

// Newest returns the newest of the tests, which come newest first, of an account, or of
// any if that is "".
func Newest(tests []Test, accountID string, simulated bool) (Test, bool) {
	for _, t := range tests {
		if t.Simulated == simulated && (accountID == "" || t.AccountID == accountID) {
			return t, true
		}
	}
	return Test{}, false
}
