package cfapi

import (
	"context"
	"net/url"
	"strconv"

	"access-policy-mcp/internal/jsonscan"
)

// MaxUsersPerPage is the most users that the API puts on one page.
const MaxUsersPerPage = 1000

// UserStatus is what a policy test found for one user. Values that are not
// documented are passed on as they came.
type UserStatus string

// The documented values of [UserStatus].
const (
	UserApproved UserStatus = "approved"
	UserBlocked  UserStatus = "blocked"
	UserErrored  UserStatus = "error"
)

// filter is the value that selects users by status: the API's filters have other
// names than what they select.
func (s UserStatus) filter() string {
	switch s {
	case UserApproved:
		return "success"
	case UserBlocked:
		return "fail"
	default:
		return string(s)
	}
}

// User is one user of the organisation and what the policies do with them. Every
// field may be "", when the API did not say.
type User struct {
	// ID is a UUID.
	ID string `json:"id"`
	// Email has at most 254 characters.
	Email string `json:"email"`
	// Name is the user's own; at most 100 characters.
	Name   string     `json:"name"`
	Status UserStatus `json:"status"`
}

// UnmarshalJSON implements [json.Unmarshaler].
func (u *User) UnmarshalJSON(data []byte) error {
	if string(data) == "null" { // as good as missing
		return nil
	}
	return eachField(data, func(name, value []byte) (err error) {
		switch string(name) {
		case "id":
			u.ID, err = jsonscan.String(value)
		case "email":
			u.Email, err = jsonscan.String(value)
		case "name":
			u.Name, err = jsonscan.String(value)
		case "status":
			var status string
			status, err = jsonscan.String(value)
			u.Status = UserStatus(status)
		}
		return err
	})
}

// ListPolicyTestUsers reads one page of the users that have been processed:
// GET /accounts/{account_id}/access/policy-tests/{policy_test_id}/users.
// Pages count from 1 and have 1 to [MaxUsersPerPage] users; status selects users,
// unless it is empty. The API does not tell how many pages there are. The error
// is an [*Error].
func (c *Client) ListPolicyTestUsers(ctx context.Context, accountID, policyTestID string, page, perPage int, status UserStatus) (Answer[[]User], error) {
	path, err := policyTestPath(accountID, policyTestID)
	if err != nil {
		return Answer[[]User]{}, err
	}
	query := url.Values{"page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(perPage)}}
	if status != "" {
		query.Set("status", status.filter())
	}
	answer, err := get[[]User](ctx, c, path+"/users?"+query.Encode(), '[')
	for i, user := range answer.Result {
		answer.Result[i] = User{
			ID:     c.clean(user.ID, MaxPolicyTestID),
			Email:  c.clean(user.Email, maxAddress),
			Name:   c.clean(user.Name, maxName),
			Status: UserStatus(c.clean(string(user.Status), maxName)),
		}
	}
	return answer, err
}
