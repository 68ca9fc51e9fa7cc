package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"

	"access-policy-mcp/tools"
)

var errBearer = errors.New("no valid bearer token")

// Bearer accepts requests with secret as their bearer token (RFC 6750, section 2.1), all
// of them as caller. It compares digests, so that the time that it takes depends neither
// on the content nor on the length of the secret. An empty secret accepts nothing.
func Bearer(secret string, caller tools.Caller) Authenticator {
	want := sha256.Sum256([]byte(secret))
	return func(r *http.Request) (tools.Caller, error) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		token = strings.TrimSpace(token)
		got := sha256.Sum256([]byte(token))
		if !strings.EqualFold(scheme, "Bearer") || token == "" || subtle.ConstantTimeCompare(got[:], want[:]) == 0 {
			return tools.Caller{}, errBearer
		}
		r.Header.Del("Authorization")
		return caller, nil
	}
}
