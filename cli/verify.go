package cli

import (
	"context"
	"errors"
	"strings"

	"access-policy-mcp/cfapi"
)

// verifyToken asks Cloudflare about the token of client. A token without one of the prefixes
// of Cloudflare's present format may be of a user or of an account, so both are tried:
// https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/
func verifyToken(ctx context.Context, client *cfapi.Client, token, account string) (cfapi.Answer[cfapi.Token], error) {
	ofAccount := strings.HasPrefix(token, "cfat_")
	var answer cfapi.Answer[cfapi.Token]
	var err error
	if !ofAccount || account == "" {
		answer, err = client.VerifyUserToken(ctx)
	}
	if account != "" && (ofAccount || tokenRefused(err) && !strings.HasPrefix(token, "cfut_")) {
		answer, err = client.VerifyAccountToken(ctx, account)
	}
	return answer, err
}

// tokenRefused reports whether Cloudflare knows no such token, where it was asked.
func tokenRefused(err error) bool {
	failure, ok := errors.AsType[*cfapi.Error](err)
	return ok && (failure.Kind == cfapi.Unauthenticated || failure.Kind == cfapi.Forbidden ||
		failure.Kind == cfapi.NotFound || failure.Kind == cfapi.InvalidArgument)
}
