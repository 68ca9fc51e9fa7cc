package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

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

// expiresSoon is how long before its end a token is worth a warning.
const expiresSoon = 7 * 24 * time.Hour

// tokenState says how a token stands that Cloudflare knows. What Cloudflare calls active is:
// the clock here may be wrong.
func tokenState(token cfapi.Token, now time.Time) (findingStatus, string) {
	left := token.ExpiresOn.Sub(now)
	switch expires := !token.ExpiresOn.IsZero(); {
	case token.Status == cfapi.TokenExpired && expires:
		return statusFailed, "has expired on " + minute(token.ExpiresOn)
	case token.Status == cfapi.TokenExpired:
		return statusFailed, "has expired"
	case token.Status == cfapi.TokenDisabled:
		return statusFailed, "is disabled"
	case token.Status != cfapi.TokenActive:
		return statusFailed, "is not active: Cloudflare calls it " + cfapi.Quote(string(token.Status))
	case token.NotBefore.After(now):
		return statusFailed, "is valid only from " + minute(token.NotBefore) + " on"
	case !expires:
		return statusOK, "active, with no expiry date"
	case left <= 0:
		return statusWarning, "active, though its expiry date is past: " + minute(token.ExpiresOn)
	case left < expiresSoon:
		return statusWarning, "active, but expires soon: " + minute(token.ExpiresOn)
	default:
		return statusOK, fmt.Sprintf("active, expires %s (in %s)", minute(token.ExpiresOn), rough(left))
	}
}

// minute is a time for a person who may be anywhere.
func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }
