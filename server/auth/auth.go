// Package auth tells who calls the server over HTTP. Each way to authenticate is an
// [Authenticator] in a file of its own. [Require] puts the [tools.Caller] that it
// returns into the context of a request.
package auth

import (
	"net/http"

	"access-policy-mcp/tools"
)

// Authenticator tells who sends a request. It removes the header that authenticates the
// caller, so that no handler sees it. An error refuses the request; its text is not
// sent to the client. An Authenticator is called concurrently.
type Authenticator func(*http.Request) (tools.Caller, error)

// Require passes a request that authenticate accepts on to next, with the caller in its
// context. It refuses every other request with 401 and a challenge (RFC 6750, section
// 3). realm names the server in the challenge; it must not contain quotes or
// backslashes. refused is called with each request that is refused.
func Require(realm string, authenticate Authenticator, next http.Handler, refused func(*http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, err := authenticate(r)
		if err != nil {
			refused(r)
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+realm+`"`)
			http.Error(w, "a valid bearer token is required", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r.WithContext(tools.WithCaller(r.Context(), caller)))
	})
}
