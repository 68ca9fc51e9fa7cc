package cli

import (
	"context"
	"errors"
	"strings"

	"access-policy-mcp/cfapi"
)

// verifyToken asks Cloudflare about the token of client. A token without a prefix may be of
// a user or of an account, so both are tried.
func verifyToken(ctx context.Context, client *cfapi.Client, token, account string) (cfapi.Answer[cfapi.Token], error) {
	ofAccount := strings.HasPrefix(token, accountTokenPrefix)
	var answer cfapi.Answer[cfapi.Token]
	var err error
	if !ofAccount || account == "" {
		answer, err = client.VerifyUserToken(ctx)
	}
	if account != "" && (ofAccount || refused(err) && !strings.HasPrefix(token, userTokenPrefix)) {
		answer, err = client.VerifyAccountToken(ctx, account)
	}
	return answer, err
}

// refused reports whether Cloudflare knows no such token, where it was asked.
func refused(err error) bool {
	failure, ok := errors.AsType[*cfapi.Error](err)
	return ok && (failure.Kind == cfapi.Unauthenticated || failure.Kind == cfapi.Forbidden ||
		failure.Kind == cfapi.NotFound || failure.Kind == cfapi.InvalidArgument)
}
