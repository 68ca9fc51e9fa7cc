package tools

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/watch"
)

// Caller is on whose behalf a call is made. A transport or an authenticator puts it
// into the context of the call. It is data: nothing in it has to be closed.
type Caller struct {
	// Name stands for the caller in logs; it may be "".
	Name string

	// Accounts are the IDs of the accounts that the caller may ask about. If there are
	// none, these are all accounts that the credential reaches.
	Accounts []string

	// Credential authenticates the caller's requests to Cloudflare.
	Credential Credential
}

// Credential authenticates requests to Cloudflare. Its source and hint are for
// readers of error texts.
type Credential struct {
	cfapi.Credentials

	// Source names where the credential comes from, such as CLOUDFLARE_API_TOKEN_FILE
	// or "CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY"; "" when there is none.
	Source string

	// Kept is true if calls without a credential here are made with the one that the
	// command login keeps on this machine, if there is one: [Options.Kept].
	Kept bool

	// Hint is a sentence that explains why a credential that seems to be configured is
	// not there; mostly "".
	Hint string
}

type callerKey struct{}

// WithCaller returns a context for calls of the caller.
func WithCaller(ctx context.Context, caller Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// CallerFrom returns the caller of a context; false if it has none.
func CallerFrom(ctx context.Context) (Caller, bool) {
	caller, ok := ctx.Value(callerKey{}).(Caller)
	return caller, ok
}

// watcher returns the watcher of the credential with which the caller of ctx may ask
// about the account, and a function to be called once it is no longer used. A call
// without a caller is a defect of this program.
func (s *service) watcher(ctx context.Context, account AccountID) (*watch.Watcher, func(), error) {
	caller, ok := CallerFrom(ctx)
	if !ok {
		return nil, nil, errors.New("the context of the call has no caller")
	}
	if len(caller.Accounts) > 0 && !slices.Contains(caller.Accounts, string(account)) {
		return nil, nil, &cfapi.Error{Kind: cfapi.Forbidden, Summary: fmt.Sprintf("this caller may not ask about the account %s, only about %s", account, someOf(caller.Accounts))}
	}
	credentials := caller.Credential.Credentials
	if !credentials.Present() && caller.Credential.Kept && s.options.Kept != nil {
		kept, err := s.options.Kept(ctx)
		if err != nil {
			return nil, nil, err
		}
		credentials = kept
	}
	return s.options.Pool.Watcher(credentials)
}

// someOf lists the first accounts: an error must be short.
func someOf(accounts []string) string {
	const most = 3
	if more := len(accounts) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(accounts[:most], ", "), more)
	}
	return strings.Join(accounts, ", ")
}
