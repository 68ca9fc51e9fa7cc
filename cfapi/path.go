package cfapi

import (
	"net/url"
	"strings"
)

// policyTestPath is the path of one policy test below the base URL.
func policyTestPath(accountID, policyTestID string) (string, error) {
	return path("accounts", accountID, "access", "policy-tests", policyTestID)
}

// path joins elements, each escaped so that it stays one element whatever it
// contains. Elements that a server or proxy would resolve away, escaped or not
// ("", ".", ".."), are an [InvalidArgument] error.
func path(elements ...string) (string, error) {
	var b strings.Builder
	b.Grow(160) // accounts/{account_id}/access/policy-tests/{policy_test_id} and more
	for _, element := range elements {
		if element == "" || element == "." || element == ".." {
			return "", &Error{Kind: InvalidArgument, Summary: "an identifier must not be empty, \".\" or \"..\""}
		}
		b.WriteByte('/')
		b.WriteString(url.PathEscape(element))
	}
	return b.String(), nil
}
