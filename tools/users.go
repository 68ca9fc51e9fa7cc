package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/watch"
)

type usersInput struct {
	AccountID    string           `json:"account_id" jsonschema:"minLength=1,maxLength=32,pattern=^[A-Za-z0-9_-]+$" jsonschema_description:"Cloudflare account ID"`
	PolicyTestID string           `json:"policy_test_id" jsonschema:"minLength=1,maxLength=64,pattern=^[A-Za-z0-9_-]+$" jsonschema_description:"ID of the policy test"`
	Status       cfapi.UserStatus `json:"status,omitempty" jsonschema:"enum=approved,enum=blocked,enum=error" jsonschema_description:"Only these users; blocked are locked out"`
	Page         int              `json:"page,omitempty" jsonschema:"minimum=1,maximum=1000000,default=1" jsonschema_description:"Page, from 1"`
	PerPage      int              `json:"per_page,omitempty" jsonschema:"minimum=1,maximum=100,default=25" jsonschema_description:"Users per page"`
}

// UsersPage is the result of list_access_policy_test_users.
type UsersPage struct {
	Users   []User `json:"users"`
	Page    int    `json:"page"`
	PerPage int    `json:"per_page"`
	// More tells whether there is another page.
	More    bool   `json:"more" jsonschema_description:"Whether there is another page"`
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

func (p UsersPage) text() string { return p.Summary }

func listAccessPolicyTestUsers(options Options) server.ServerTool {
	return tool[usersInput, UsersPage]{
		name:  "list_access_policy_test_users",
		title: "List users of an Access policy test",
		description: "Lists the users whom a Cloudflare Access policy test has processed, and whether the tested policies would approve or block (lock out) each, " +
			"or failed on them. To see who is locked out, set status to blocked.",
		readOnly:   true,
		idempotent: true,
		words:      readWords,
		call: func(ctx context.Context, in usersInput, _ reportFunc) (UsersPage, error) {
			page, err := readUsers(ctx, options.Watcher, in)
			if err != nil {
				return UsersPage{}, err
			}
			if options.HideUserDetails {
				for i := range page.Users {
					page.Users[i].Email, page.Users[i].Name = "", ""
				}
			}
			if fit(page.Users) {
				page.Warnings = append(page.Warnings, "IDs were left out or names shortened to keep this short; a smaller per_page shows more of each user.")
			}
			page.Summary = page.summarize(in.Status)
			return page, nil
		},
	}.register(options)
}

// readUsers reads a page. The API does not tell whether another one follows. If
// this one is not full, none does; if it is, the first user of the next one is
// asked for, as a page of its own.
func readUsers(ctx context.Context, watcher *watch.Watcher, in usersInput) (UsersPage, error) {
	page := UsersPage{Page: max(in.Page, 1), PerPage: in.PerPage}
	if page.PerPage == 0 {
		page.PerPage = 25
	}
	list := func(number, size int) ([]cfapi.User, error) {
		answer, err := watch.Call(ctx, watcher, func(ctx context.Context, client *cfapi.Client) (cfapi.Answer[[]cfapi.User], error) {
			return client.ListPolicyTestUsers(ctx, in.AccountID, in.PolicyTestID, number, size, in.Status)
		})
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

// maxNamed is how many users of each kind a summary names.
const maxNamed = 5

// summarize counts the outcomes, and names users who are not approved.
func (p UsersPage) summarize(filter cfapi.UserStatus) string {
	counts := map[cfapi.UserStatus]int{}
	named := map[cfapi.UserStatus][]string{}
	for _, u := range p.Users {
		counts[u.Status]++
		if name := u.name(); name != "" && len(named[u.Status]) < maxNamed {
			named[u.Status] = append(named[u.Status], name)
		}
	}
	statuses := []cfapi.UserStatus{cfapi.UserApproved, cfapi.UserBlocked, cfapi.UserErrored}
	if filter != "" {
		statuses = []cfapi.UserStatus{filter}
	}
	var parts []string
	others := len(p.Users)
	for _, status := range statuses {
		n := counts[status]
		part := fmt.Sprintf("%s %s", users(cfapi.Count(n)), outcomeWords(status))
		if names := named[status]; len(names) > 0 && (status != cfapi.UserApproved || filter != "") {
			part += " (" + strings.Join(names, ", ")
			if n > len(names) {
				part += fmt.Sprintf(", and %d more", n-len(names))
			}
			part += ")"
		}
		parts = append(parts, part)
		others -= n
	}
	if others > 0 {
		parts = append(parts, users(cfapi.Count(others))+" with another status or none")
	}
	var b strings.Builder
	if len(p.Users) == 0 {
		fmt.Fprintf(&b, "No users on page %d", p.Page)
		if filter != "" {
			fmt.Fprintf(&b, " who are %s", outcomeWords(filter))
		}
	} else {
		fmt.Fprintf(&b, "Page %d: %s", p.Page, strings.Join(parts, ", "))
	}
	if p.More {
		fmt.Fprintf(&b, ". More on page %d.", p.Page+1)
	} else {
		b.WriteString(". There are no more.")
	}
	for _, warning := range p.Warnings {
		b.WriteString(" " + warning)
	}
	return b.String()
}

// name quotes what a person would call the user: it is foreign text.
func (u User) name() string {
	if s := cut(firstOf(u.Email, u.Name), maxNameTokens); s != "" {
		return cfapi.Quote(s)
	}
	return ""
}

func firstOf(values ...string) string {
	i := slices.IndexFunc(values, func(s string) bool { return s != "" })
	if i < 0 {
		return ""
	}
	return values[i]
}

// outcomeWords avoid "error", which a reader could take for one of the call.
func outcomeWords(status cfapi.UserStatus) string {
	if status == cfapi.UserErrored {
		return "errored"
	}
	return string(status)
}
