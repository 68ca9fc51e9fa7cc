package cfapi

import "context"

// VerifyAccountToken asks about the token of the client, which must be one that belongs to
// the account: GET /accounts/{account_id}/tokens/verify. Other tokens are [Unauthenticated]
// or [Forbidden] there. The error is an [*Error].
func (c *Client) VerifyAccountToken(ctx context.Context, accountID string) (Answer[Token], error) {
	path, err := path("accounts", accountID, "tokens", "verify")
	if err != nil {
		return Answer[Token]{}, err
	}
	return c.verifyToken(ctx, path)
}
