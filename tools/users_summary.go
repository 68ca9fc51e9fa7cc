package tools

import (
	"cmp"
	"fmt"
	"strings"

	"access-policy-mcp/cfapi"
)

// maxNamed is how many users of each status a summary names.
const maxNamed = 5

// summarize counts the users by status, and names those who are not approved. filter
// is the status that was asked for; "" for all. moreKnown is false if it is not known
// whether there is another page.
func (p UsersPage) summarize(filter cfapi.UserStatus, moreKnown bool) string {
	var b strings.Builder
	switch {
	case len(p.Users) > 0:
		fmt.Fprintf(&b, "Page %d: %s", p.Page, strings.Join(p.outcomes(filter), ", "))
	case filter != "":
		fmt.Fprintf(&b, "No users on page %d who are %s", p.Page, outcomeWords(filter))
	default:
		fmt.Fprintf(&b, "No users on page %d", p.Page)
	}
	switch {
	case !moreKnown:
		b.WriteString(".")
	case p.More:
		fmt.Fprintf(&b, ". More on page %d.", p.Page+1)
	default:
		b.WriteString(". There are no more.")
	}
	for _, warning := range p.Warnings {
		b.WriteString(" " + warning)
	}
	return b.String()
}

// outcomes has a text for each status, such as "1 user blocked".
func (p UsersPage) outcomes(filter cfapi.UserStatus) []string {
	byStatus := map[cfapi.UserStatus][]User{}
	for _, u := range p.Users {
		byStatus[u.Status] = append(byStatus[u.Status], u)
	}
	statuses := []cfapi.UserStatus{cfapi.UserApproved, cfapi.UserBlocked, cfapi.UserErrored}
	if filter != "" {
		statuses = []cfapi.UserStatus{filter}
	}
	var outcomes []string
	others := len(p.Users)
	for _, status := range statuses {
		n := len(byStatus[status])
		outcome := users(cfapi.Count(n)) + " " + outcomeWords(status)
		if status != cfapi.UserApproved || filter != "" {
			outcome += namesOf(byStatus[status])
		}
		outcomes = append(outcomes, outcome)
		others -= n
	}
	if others > 0 {
		outcomes = append(outcomes, users(cfapi.Count(others))+" with another status or none")
	}
	return outcomes
}

// namesOf lists the first names, in parentheses; "" if there are none.
func namesOf(list []User) string {
	var names []string
	for _, u := range list {
		if name := u.name(); name != "" && len(names) < maxNamed {
			names = append(names, name)
		}
	}
	switch more := len(list) - len(names); {
	case len(names) == 0:
		return ""
	case more > 0:
		return fmt.Sprintf(" (%s, and %d more)", strings.Join(names, ", "), more)
	}
	return " (" + strings.Join(names, ", ") + ")"
}

// name quotes what a person would call the user: it is foreign text.
func (u User) name() string {
	if s := shorten(cmp.Or(u.Email, u.Name), nameTokens); s != "" {
		return cfapi.Quote(s)
	}
	return ""
}

// outcomeWords avoid "error", which a reader could take for one of the call.
func outcomeWords(status cfapi.UserStatus) string {
	if status == cfapi.UserErrored {
		return "errored"
	}
	return string(status)
}
