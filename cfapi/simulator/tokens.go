package simulator

import (
	"net/http"
	"strings"
	"time"

	"access-policy-mcp/cfapi"
)

// TokenID identifies the tokens of a new [Simulator].
const TokenID = "ed17574386854bf78a67040be0a770b0"

// SetToken replaces what the simulator tells of [Token] and [AccountToken], which are
// active and never end. Tokens that are not active are good for asking about themselves
// alone.
func (s *Simulator) SetToken(token cfapi.Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

// accepts reports whether a request may come with a token.
func (s *Simulator) accepts(token string, r *http.Request) bool {
	if token != Token && token != AccountToken {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token.Status == cfapi.TokenActive || strings.HasSuffix(r.URL.Path, "/tokens/verify")
}

func (s *Simulator) verifyUserToken(w http.ResponseWriter, r *http.Request) {
	s.verify(w, r, Token)
}

func (s *Simulator) verifyAccountToken(w http.ResponseWriter, r *http.Request) {
	if checkAccount(w, r) {
		s.verify(w, r, AccountToken)
	}
}

// verify tells of the token of a request, which must be the one that belongs there.
func (s *Simulator) verify(w http.ResponseWriter, r *http.Request, token string) {
	if r.Header.Get("Authorization") != "Bearer "+token {
		invalidToken(w)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	result := map[string]string{"id": s.token.ID, "status": string(s.token.Status)}
	for name, moment := range map[string]time.Time{"not_before": s.token.NotBefore, "expires_on": s.token.ExpiresOn} {
		if !moment.IsZero() {
			result[name] = moment.Format(time.RFC3339)
		}
	}
	succeed(w, result)
}

func invalidToken(w http.ResponseWriter) {
	fail(w, http.StatusUnauthorized, notice{Code: 1000, Message: "Invalid API Token"})
}
