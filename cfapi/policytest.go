package cfapi

import (
	"context"

	"access-policy-mcp/internal/jsonscan"
)

// Longest identifiers that the API accepts, in characters.
const (
	MaxAccountID    = 32
	MaxPolicyTestID = 64
)

// Status is the state of a policy test. Cloudflare documents four values; any
// other one is passed on as it came.
type Status string

// The documented values of [Status]. Cloudflare does not document what exactly
// makes a test [Blocked] or [ExceededTime].
const (
	Processing   Status = "processing"
	Complete     Status = "complete"
	Blocked      Status = "blocked"
	ExceededTime Status = "exceeded time"
)

// Finished reports whether the test has ended, one way or another. It is false
// for values that are not documented.
func (s Status) Finished() bool {
	return s == Complete || s == Blocked || s == ExceededTime
}

// PolicyTest is the state of a test of Access policies against the users of an
// organisation. Every field is optional: nil, or "" for a string, means that
// the API did not say. The figures are the API's, whether they add up or not.
type PolicyTest struct {
	// ID identifies the test; at most 64 characters.
	ID string `json:"id"`

	// Status is where the test stands.
	Status Status `json:"status"`

	// PercentUsersProcessed is the share of all users for whom the policies have
	// been evaluated, in per cent.
	PercentUsersProcessed *float64 `json:"percent_users_processed"`

	// PercentApproved, PercentBlocked and PercentErrored are shares of the
	// processed users, in per cent.
	PercentApproved *float64 `json:"percent_approved"`
	PercentBlocked  *float64 `json:"percent_blocked"`
	PercentErrored  *float64 `json:"percent_errored"`

	// TotalUsers is the size of the user base.
	TotalUsers *Count `json:"total_users"`

	// UsersApproved, UsersBlocked and UsersErrored count processed users.
	UsersApproved *Count `json:"users_approved"`
	UsersBlocked  *Count `json:"users_blocked"`
	UsersErrored  *Count `json:"users_errored"`
}

// UnmarshalJSON implements [json.Unmarshaler].
func (t *PolicyTest) UnmarshalJSON(data []byte) error {
	return eachField(data, func(name, value []byte) (err error) {
		switch string(name) {
		case "id":
			t.ID, err = jsonscan.String(value)
		case "status":
			var status string
			status, err = jsonscan.String(value)
			t.Status = Status(status)
		case "percent_users_processed":
			t.PercentUsersProcessed, err = readNumber(value)
		case "percent_approved":
			t.PercentApproved, err = readNumber(value)
		case "percent_blocked":
			t.PercentBlocked, err = readNumber(value)
		case "percent_errored":
			t.PercentErrored, err = readNumber(value)
		case "total_users":
			t.TotalUsers, err = readCount(value)
		case "users_approved":
			t.UsersApproved, err = readCount(value)
		case "users_blocked":
			t.UsersBlocked, err = readCount(value)
		case "users_errored":
			t.UsersErrored, err = readCount(value)
		}
		return err
	})
}

// GetPolicyTest reads the state of a policy test:
// GET /accounts/{account_id}/access/policy-tests/{policy_test_id}.
// The error is an [*Error].
func (c *Client) GetPolicyTest(ctx context.Context, accountID, policyTestID string) (Answer[PolicyTest], error) {
	path, err := policyTestPath(accountID, policyTestID)
	if err != nil {
		return Answer[PolicyTest]{}, err
	}
	answer, err := get[PolicyTest](ctx, c, path, '{')
	answer.Result.ID = c.clean(answer.Result.ID, MaxPolicyTestID)
	answer.Result.Status = Status(c.clean(string(answer.Result.Status), maxName))
	return answer, err
}
