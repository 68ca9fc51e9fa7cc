package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/server"
	"access-policy-mcp/tools"
)

// Cloudflare writes these before credentials of its present format:
// https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/
const (
	userTokenPrefix    = "cfut_"
	accountTokenPrefix = "cfat_"
	globalKeyPrefix    = "cfk_"
)

// aboutTokens is what a person needs to know to create a token. Cloudflare has links that
// set permissions in advance, but none for this one.
const aboutTokens = "This needs a Cloudflare API token with one account permission:\n" +
	"  Access: Policy Test Read     to ask about tests\n" +
	"  Access: Policy Test Write    to start tests as well (\"Edit\" in the dashboard)\n" +
	"Create it as a custom token: https://dash.cloudflare.com/profile/api-tokens\n"

// readToken asks for the token or reads it from stdin, and checks what can be checked
// without asking Cloudflare.
func (l *login) readToken(ctx context.Context) (string, error) {
	if l.person != nil {
		_, _ = io.WriteString(l.stderr, aboutTokens)
		token, err := l.person.askHidden(ctx, "Token (it is not shown): ")
		if err != nil {
			return "", err
		}
		return token, exitWith(exitUsage, checkToken(token))
	}
	type input struct {
		data []byte
		err  error
	}
	read := make(chan input, 1)
	go func() {
		data, err := io.ReadAll(io.LimitReader(l.stdin, maxSecretFile))
		read <- input{data, err}
	}()
	select {
	case in := <-read:
		token := strings.TrimSpace(string(in.data))
		if in.err != nil {
			return "", exitWith(exitFailure, in.err)
		}
		return token, exitWith(exitUsage, checkToken(token))
	case <-ctx.Done():
		return "", errInterrupted
	}
}

// maxToken is far more than a token has, in bytes; one of today's has about 53.
const maxToken = 1024

var assignment = regexp.MustCompile(`^(export\s+)?[A-Z_]+=`)

// checkToken says why a text cannot be a token, without repeating it.
func checkToken(token string) error {
	const refused = ". Nothing was sent, and nothing is changed"
	switch {
	case token == "":
		return errors.New("the token is empty" + refused)
	case strings.ContainsAny(token, "\r\n"):
		return errors.New("the input has more than one line: give the token alone" + refused)
	case strings.HasPrefix(token, globalKeyPrefix):
		return errors.New("this is a global API key, and login keeps API tokens only: create a token, or set CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY" + refused)
	case len(token) > maxToken:
		return errors.New("the input is too long for a token" + refused)
	case placeholder.MatchString(token):
		return errors.New("the input is a placeholder that was not expanded" + refused)
	case assignment.MatchString(token):
		return errors.New("the input is an assignment: give its value alone" + refused)
	case strings.HasPrefix(strings.ToLower(token), "bearer "):
		return errors.New(`the input begins with "Bearer": give the token alone` + refused)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"'{}<>`, r) }):
		return errors.New("the input has a character that is in no token: give the token alone" + refused)
	}
	return nil
}

// askAccount asks for the default account, and again if the answer cannot be one.
func (l *login) askAccount(ctx context.Context) (string, error) {
	question, before := "Default account ID (Enter for none): ", ""
	if kept, err := l.settings.kept(); err == nil && kept.AccountID != "" {
		question, before = "Default account ID (Enter for "+kept.AccountID+"): ", kept.AccountID
	}
	for range 3 {
		account, err := l.person.ask(ctx, question)
		switch {
		case err != nil:
			return "", err
		case account == "":
			return before, nil
		case tools.AccountID(account).Valid():
			return account, nil
		}
		_, _ = fmt.Fprintln(l.stderr, "That is no account ID: "+idWords(cfapi.MaxAccountID)+".")
	}
	return "", exitWith(exitUsage, errors.New("no account ID was given. The token was not kept"))
}

// verify asks Cloudflare about the token.
func (l *login) verify(ctx context.Context, token string) (cfapi.Token, error) {
	client, err := cfapi.New(cfapi.Config{
		BaseURL: l.settings.BaseURL, Credentials: cfapi.Credentials{Token: token}, UserAgent: server.Name + "/" + server.Version(),
	})
	if err != nil {
		return cfapi.Token{}, exitWith(exitUsage, fmt.Errorf("CLOUDFLARE_BASE_URL: %w", err))
	}
	if strings.HasPrefix(token, accountTokenPrefix) && l.account == "" {
		return cfapi.Token{}, exitWith(exitUsage, errors.New("this is an account token, which Cloudflare verifies for its account only: add --account-id ID. Nothing was sent, and nothing is changed"))
	}
	answer, err := verifyToken(ctx, client, token, l.account)
	switch {
	case ctx.Err() != nil:
		return cfapi.Token{}, errInterrupted
	case err != nil:
		return cfapi.Token{}, exitWith(exitFailure, errors.New(l.notVerified(err, token)))
	}
	return answer.Result, exitWith(exitFailure, checkState(answer.Result, time.Now()))
}

// oldGlobalKey is what a global API key looked like before there were prefixes.
var oldGlobalKey = regexp.MustCompile(`^[0-9a-f]{37,45}$`)

// notVerified says why a token was not verified, and what to do.
func (l *login) notVerified(err error, token string) string {
	const unchanged = " It was not kept."
	const unverified = "the token could not be verified, and was not kept: "
	failure, _ := errors.AsType[*cfapi.Error](err) // as all errors of the client
	switch {
	case !refused(err):
		return unverified + failureText(err, tools.Credential{}, purpose{}, false)
	case len(failure.Notices) == 0: // such as the page of a proxy
		return unverified + said(failure) + ". Check CLOUDFLARE_BASE_URL and any proxy in between."
	}
	text := "Cloudflare does not accept this token: " + said(failure) + ". "
	switch {
	case oldGlobalKey.MatchString(token):
		text += "It looks like a global API key, and login keeps API tokens only: create a token, or set CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY."
	case strings.HasPrefix(token, accountTokenPrefix):
		text += "Check that it was copied whole and has not been revoked, and that it is of the account " + l.account + "."
	case strings.HasPrefix(token, userTokenPrefix) || l.account != "":
		text += "Check that it was copied whole and has not been revoked."
	default:
		text += "Check that it was copied whole and has not been revoked. If it belongs to an account and not to a user, add --account-id ID."
	}
	return text + unchanged
}

// checkState says why a token that Cloudflare knows cannot be used.
func checkState(token cfapi.Token, now time.Time) error {
	const dashboard = "https://dash.cloudflare.com/profile/api-tokens"
	status, text := tokenState(token, now)
	next := "Create another token: " + dashboard
	switch {
	case status != statusFailed:
		return nil
	case token.Status == cfapi.TokenDisabled:
		next = "Enable it, or create another: " + dashboard
	case token.Status == cfapi.TokenActive:
		next = "Log in again then"
	}
	return errors.New("this token " + text + ". It was not kept. " + next)
}
