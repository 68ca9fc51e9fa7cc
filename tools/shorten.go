package tools

import "access-policy-mcp/cfapi"

// What foreign text may cost a model, in tokens. Which tokens a model makes of a
// text only its own vocabulary tells; these limits are for upper bounds.
const (
	// A page of users must stay below 6,000 tokens whatever the API sends, because
	// hosts cut larger results off.
	pageTokens   = 5000 // for all users of a page
	rowTokens    = 12   // for a user's braces, names of fields and quotation marks
	statusTokens = 10

	nameTokens    = 32 // for a name in a summary
	pointerTokens = 12
	urlTokens     = 40
)

// noticeTokens are for the messages of Cloudflare's first and second error. The
// first mostly says it all.
var noticeTokens = []int{56, 24}

// shortenUsers makes users fit on a page, and reports whether it had to change
// anything. Where an e-mail address or a name tells who it is, the ID is the first
// to go: it costs the most and says the least.
func shortenUsers(users []User) (changed bool) {
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
			ID:     shorten(u.ID, each), // of those who have nothing else
			Email:  shorten(u.Email, each*2/3),
			Name:   shorten(u.Name, each/3),
			Status: cfapi.UserStatus(shorten(string(u.Status), statusTokens)),
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

// shortenNotice shortens the texts of a notice. Half an address is of no use.
func shortenNotice(notice cfapi.Notice, limit int) cfapi.Notice {
	notice.Message = shorten(notice.Message, limit)
	notice.Pointer = shorten(notice.Pointer, pointerTokens)
	if tokens(notice.DocumentationURL) > urlTokens {
		notice.DocumentationURL = ""
	}
	return notice
}

// shorten cuts s to at most limit tokens, and shows that it did.
func shorten(s string, limit int) string {
	if tokens(s) <= limit {
		return s
	}
	const ellipsis = "…"
	sum := quarterTokens(ellipsis)
	for i, r := range s {
		if sum += quarterTokensOf(r); sum > 4*limit {
			return s[:i] + ellipsis
		}
	}
	return s
}

// tokens is the most that a model counts for s.
func tokens(s string) int { return (quarterTokens(s) + 3) / 4 }

func quarterTokens(s string) int {
	sum := 0
	for _, r := range s {
		sum += quarterTokensOf(r)
	}
	return sum
}

// quarterTokensOf is what a character adds to a text, in quarters of a token. Of
// lower-case letters at least pairs are common enough to be one token. Other
// characters can be one each, and what is not ASCII, one for each byte.
func quarterTokensOf(r rune) int {
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
