package tools

import (
	"access-policy-mcp/cfapi"
)

// A page of users must stay below 6,000 tokens whatever the API sends, because
// hosts cut larger results off. Which tokens a model makes of a text only its own
// vocabulary tells; these are upper bounds.
const (
	pageTokens    = 5000 // for all users of a page
	rowTokens     = 12   // of a user's braces, names and quotation marks
	statusTokens  = 10
	maxNameTokens = 32 // of a name in a summary
)

// fit makes users fit on a page, and reports whether it had to change anything.
// Where an e-mail address or a name tells who it is, the ID is the first to go: it
// costs the most and says the least.
func fit(users []User) (changed bool) {
	if !tooLong(users) {
		return false
	}
	for i, u := range users {
		if u.Email != "" || u.Name != "" {
			users[i].ID = ""
		}
	}
	if !tooLong(users) {
		return true
	}
	each := pageTokens/len(users) - rowTokens - statusTokens
	for i, u := range users {
		users[i] = User{
			ID:     cut(u.ID, each), // of those who have nothing else
			Email:  cut(u.Email, each*2/3),
			Name:   cut(u.Name, each/3),
			Status: cfapi.UserStatus(cut(string(u.Status), statusTokens)),
		}
	}
	return true
}

func tooLong(users []User) bool {
	total := 0
	for _, u := range users {
		total += rowTokens + tokens(u.ID) + tokens(u.Email) + tokens(u.Name) + tokens(string(u.Status))
	}
	return total > pageTokens
}

// tokens is the most that a model counts for s.
func tokens(s string) int { return (quarterTokens(s) + 3) / 4 }

// cut shortens s to at most limit tokens, and shows that it did.
func cut(s string, limit int) string {
	if tokens(s) <= limit {
		return s
	}
	const ellipsis = "…"
	sum := quarterTokens(ellipsis)
	for i, r := range s {
		if sum += quartersOf(r); sum > 4*limit {
			return s[:i] + ellipsis
		}
	}
	return s
}

func quarterTokens(s string) int {
	sum := 0
	for _, r := range s {
		sum += quartersOf(r)
	}
	return sum
}

// quartersOf is what a character adds to a text, in quarters of a token. Of
// lower-case letters pairs at least are common enough to be one token; other
// characters can be one each, and what is not ASCII, one for each byte.
func quartersOf(r rune) int {
	switch {
	case r >= 'a' && r <= 'z':
		return 3
	case r == '"' || r == '\\':
		return 8 // with its escape
	case r < 0x80:
		return 4
	default:
		return 4 * len(string(r))
	}
}
