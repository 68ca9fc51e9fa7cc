package tools

import (
	"context"

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
	// More tells whether there is another page.
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
			page, err := s.readUsers(ctx, in)
			if err != nil {
				return UsersPage{}, err
			}
			if s.options.HideUserDetails {
				for i := range page.Users {
					page.Users[i].Email, page.Users[i].Name = "", ""
				}
			}
			if shortenUsers(page.Users) {
				page.Warnings = append(page.Warnings, "IDs were left out or names shortened to keep this short; a smaller per_page shows more of each user.")
			}
			page.Summary = page.summarize(in.Status)
			return page, nil
		},
	}.ServerTool(s.typedOptions(readPhrases))
}

// readUsers reads a page. The API does not tell whether another one follows. If
// this one is not full, none does; if it is, the first user of the next one is
// asked for, as a page of its own.
func (s *service) readUsers(ctx context.Context, in usersInput) (UsersPage, error) {
	page := UsersPage{Page: max(in.Page, 1), PerPage: in.PerPage}
	if page.PerPage == 0 {
		page.PerPage = 25
	}
	watcher, release, err := s.watcher(ctx, in.AccountID)
	if err != nil {
		return UsersPage{}, err
	}
	defer release()
	list := func(number, size int) ([]cfapi.User, error) {
		answer, err := watcher.Client().ListPolicyTestUsers(ctx, string(in.AccountID), string(in.PolicyTestID), number, size, in.Status)
		return answer.Result, err
	}
	users, err := list(page.Page, page.PerPage)
	if err != nil {
		return UsersPage{}, err
	}
	if len(users) >= page.PerPage {
		users = users[:page.PerPage]
		next, err := list(page.Page*page.PerPage+1, 1)
		if err != nil {
			return UsersPage{}, err
		}
		page.More = len(next) > 0
	}
	page.Users = make([]User, 0, len(users)) // not null, which the schema does not admit
	for _, u := range users {
		page.Users = append(page.Users, User(u))
	}
	return page, nil
}
