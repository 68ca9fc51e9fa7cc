package cfapi

import (
	"context"
	"encoding/json"

	"access-policy-mcp/internal/jsonscan"
)

// StartedPolicyTest is the answer to the start of a policy test.
type StartedPolicyTest struct {
	// ID identifies the new test; at most 64 characters.
	ID string `json:"id"`
	// Status is documented as "success". It is not the status of the test.
	Status string `json:"status"`
}

// UnmarshalJSON implements [json.Unmarshaler].
func (p *StartedPolicyTest) UnmarshalJSON(data []byte) error {
	return eachField(data, func(name, value []byte) (err error) {
		switch string(name) {
		case "id":
			p.ID, err = jsonscan.String(value)
		case "status":
			p.Status, err = jsonscan.String(value)
		}
		return err
	})
}

// StartPolicyTest starts a test of the policies, each the ID of a reusable policy
// or an inline policy, as JSON: POST /accounts/{account_id}/access/policy-tests.
// It sends one request and never repeats it, because each starts a test. The error
// is an [*Error]; its MayBeDone tells whether a test may have been started all
// the same.
func (c *Client) StartPolicyTest(ctx context.Context, accountID string, policies []json.RawMessage) (Answer[StartedPolicyTest], error) {
	path, err := path("accounts", accountID, "access", "policy-tests")
	if err != nil {
		return Answer[StartedPolicyTest]{}, err
	}
	body, err := json.Marshal(map[string]any{"policies": policies})
	if err != nil {
		return Answer[StartedPolicyTest]{}, &Error{Kind: InvalidArgument, Summary: "the policies are not JSON", cause: err}
	}
	answer, err := post[StartedPolicyTest](ctx, c, path, body)
	answer.Result.ID = c.clean(answer.Result.ID, MaxPolicyTestID)
	answer.Result.Status = c.clean(answer.Result.Status, maxName)
	return answer, err
}
