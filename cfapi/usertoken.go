package cfapi

import (
	"context"
	"time"

	"access-policy-mcp/internal/jsonscan"
)

// TokenStatus is the state of an API token. Values that are not documented are passed on
// as they came.
type TokenStatus string

// The documented values of [TokenStatus].
const (
	TokenActive   TokenStatus = "active"
	TokenDisabled TokenStatus = "disabled"
	TokenExpired  TokenStatus = "expired"
)

// Token is what the API tells of the API token that a request came with. It has nothing
// about the token's permissions.
type Token struct {
	// ID identifies the token and is no secret; at most 32 characters.
	ID     string
	Status TokenStatus
	// NotBefore is from when on the token is valid; zero if the API does not say.
	NotBefore time.Time
	// ExpiresOn is when the token ends; zero if it does not, or the API does not say.
	ExpiresOn time.Time
}

// UnmarshalJSON implements [json.Unmarshaler].
func (t *Token) UnmarshalJSON(data []byte) error {
	return eachField(data, func(name, value []byte) (err error) {
		switch string(name) {
		case "id":
			t.ID, err = jsonscan.String(value)
		case "status":
			var status string
			status, err = jsonscan.String(value)
			t.Status = TokenStatus(status)
		case "not_before":
			t.NotBefore = readTime(value)
		case "expires_on":
			t.ExpiresOn = readTime(value)
		}
		return err
	})
}

// readTime reads a time as in RFC 3339. Anything else is as good as missing: whether a token
// works does not depend on it.
func readTime(value []byte) time.Time {
	text, _ := jsonscan.String(value)
	moment, _ := time.Parse(time.RFC3339, text) // zero with an error
	return moment
}

// maxTokenID is the longest ID of a token, in characters.
const maxTokenID = 32

// VerifyUserToken asks about the token of the client, which must be one that belongs to a
// user: GET /user/tokens/verify. Other tokens are [Unauthenticated] there. The error is an
// [*Error].
func (c *Client) VerifyUserToken(ctx context.Context) (Answer[Token], error) {
	return c.verifyToken(ctx, "/user/tokens/verify")
}

func (c *Client) verifyToken(ctx context.Context, path string) (Answer[Token], error) {
	answer, err := get[Token](ctx, c, path, '{')
	answer.Result.ID = c.clean(answer.Result.ID, maxTokenID)
	answer.Result.Status = c.cleanStatus(answer.Result.Status)
	return answer, err
}

// cleanStatus makes a status fit to be shown. What was not a documented one before is none
// afterwards either.
func (c *Client) cleanStatus(status TokenStatus) TokenStatus {
	cleaned := TokenStatus(c.clean(string(status), maxName))
	if cleaned != status && (cleaned == TokenActive || cleaned == TokenDisabled || cleaned == TokenExpired) {
		return cleaned + " with invisible characters"
	}
	return cleaned
}
