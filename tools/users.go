package tools

import (
	"context"
	"fmt"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools/typed"
)

const listUsersName = "list_access_policy_test_users"

type usersInput struct {
	AccountID    AccountID        `json:"account_id"`
	PolicyTestID PolicyTestID     `json:"policy_test_id"`
	Status       cfapi.UserStatus `json:"status,omitempty" jsonschema:"enum=approved,enum=blocked,enum=error" jsonschema_description:"Only these users; blocked are locked out"`
	Page         int              `json:"page,omitempty" jsonschema:"minimum=1,maximum=1000000,default=1" jsonschema_description:"Page, from 1"`
	PerPage      int              `json:"per_page,omitempty" jsonschema:"minimum=1,maximum=100,default=25" jsonschema_description:"Users per page"`
}

// UsersPage is the result of list_access_policy_test_users.
type UsersPage struct {
	Users []User `json:"users"`
	// Page is the number of the page, from 1.
	Page int `json:"page"`
	// PerPage is the size of a full page, 1 to 100.
	PerPage int `json:"per_page"`
	// More tells whether there is another page. It is true if there may be one.
	More bool `json:"more" jsonschema_description:"Whether there is another page"`
	// Summary counts the users by status and names some of them.
	Summary string `json:"summary"`
	// Warnings tell what is not as it came from the API.
	Warnings []string `json:"warnings,omitempty"`
}

// User is one user of a page: the API's fields under its names, each left out
// when the API left it out, e-mail and name also when they are to be hidden.
type User struct {
	ID     string           `json:"id,omitempty"`
	Email  string           `json:"email,omitempty"`
	Name   string           `json:"name,omitempty"`
	Status cfapi.UserStatus `json:"status,omitempty" jsonschema_description:"approved, blocked or error"`
}

func newListUsers(s *service) server.ServerTool {
	return typed.Tool[usersInput, UsersPage]{
		Name:  listUsersName,
		Title: "List users of an Access policy test",
		Description: "Lists the users whom a Cloudflare Access policy test has processed, and whether the tested policies would approve or block (lock out) each, " +
			"or failed on them. To see who is locked out, set status to blocked.",
		ReadOnly:   true,
		Idempotent: true,
		OpenWorld:  true,
		Summary:    func(p UsersPage) string { return p.Summary },
		Call: func(ctx context.Context, in usersInput) (UsersPage, error) {
			page, lookFailure, err := s.readUsers(ctx, in)
			if err != nil {
				return UsersPage{}, err
			}
			if s.options.HideUserDetails && HideDetails(page.Users) {
				page.Warnings = append(page.Warnings, "IDs and statuses that are not as documented were left out.")
			}
			if shortenUsers(page.Users) {
				page.Warnings = append(page.Warnings, "IDs were left out or names shortened to keep this short; a smaller per_page shows more of each user.")
			}
			if lookFailure != nil {
				page.Warnings = append(page.Warnings, fmt.Sprintf("Whether there are more users on page %d could not be found out (%s).", page.Page+1, s.reason(ctx, lookFailure)))
			}
			page.Summary = page.summarize(in.Status, lookFailure == nil)
			return page, nil
		},
	}.ServerTool(s.typedOptions(readPhrases))
}

// lookTimeout is how long the look at the next page may take. It must not hold up a
// page that is there, and is not worth a second request.
const lookTimeout = 10 * time.Second

// readUsers reads a page. The API does not tell whether another one follows. If
// this one is not full, none does; if it is, the first user of the next one is
// asked for, as a page of its own. If that fails, there may be another one, and
// lookFailure says why it is not known.
func (s *service) readUsers(ctx context.Context, in usersInput) (page UsersPage, lookFailure *cfapi.Error, err error) {
	page = UsersPage{Page: max(in.Page, 1), PerPage: in.PerPage}
	if page.PerPage == 0 {
		page.PerPage = 25
	}
	watcher, release, err := s.watcher(ctx, in.AccountID)
	if err != nil {
		return UsersPage{}, nil, err
	}
	defer release()
	list := func(ctx context.Context, client *cfapi.Client, number, size int) ([]cfapi.User, error) {
		answer, err := client.ListPolicyTestUsers(ctx, string(in.AccountID), string(in.PolicyTestID), number, size, in.Status)
		return answer.Result, err
	}
	users, err := list(ctx, watcher.Client(), page.Page, page.PerPage)
	if err != nil {
		return UsersPage{}, nil, err
	}
	if len(users) >= page.PerPage {
		users = users[:page.PerPage]
		lookCtx, cancel := context.WithTimeout(ctx, lookTimeout)
		defer cancel()
		next, err := list(lookCtx, watcher.Client().WithTurn(cfapi.Turn{MaxWait: cfapi.DefaultMaxWait, Once: true}), page.Page*page.PerPage+1, 1)
		if lookFailure = failureOf(err); err != nil && lookFailure == nil {
			return UsersPage{}, nil, err
		}
		page.More = len(next) > 0 || err != nil
	}
	page.Users = make([]User, 0, len(users)) // not null, which the schema does not admit
	for _, u := range users {
		page.Users = append(page.Users, User(u))
	}
	return page, lookFailure, nil
}
