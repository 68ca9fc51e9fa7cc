package cli

import (
	"context"
	"errors"
	"io"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cli/credentials"
	"access-policy-mcp/internal/loopback"
	"access-policy-mcp/server"
	"access-policy-mcp/tools"
)

// keptStore is where login keeps a token and an account; nil if the environment does not
// tell.
func (s *Settings) keptStore() *credentials.Store {
	variable := func(name string) string { return s.environment[name] }
	folder := credentials.Folder(runtime.GOOS, variable)
	if folder == "" {
		return nil
	}
	return credentials.NewStore(folder, variable)
}

// kept is what login keeps for the API in force, without asking the key ring: nothing of it
// counts for another API, nor under --simulate. The error says why it cannot be used.
func (s *Settings) kept() (credentials.Kept, error) {
	store := s.keptStore()
	if s.Simulate || store == nil {
		return credentials.Kept{}, nil
	}
	kept, err := store.Read()
	if err == nil {
		err = s.usable(kept)
	}
	if err != nil {
		return credentials.Kept{}, err
	}
	return kept, nil
}

// unusableError is why what login keeps cannot be used, and what to do: two clauses.
type unusableError struct{ reason, remedy string }

// Error is the reason.
func (e *unusableError) Error() string { return e.reason }

// remedy is a clause about what to do about an error of what login keeps; "" if nothing is
// better than another credential.
func remedy(err error) string {
	if unusable, ok := errors.AsType[*unusableError](err); ok {
		return unusable.remedy
	}
	if keyRing, ok := errors.AsType[*credentials.KeyRingError](err); ok {
		return keyRing.Remedy()
	}
	return loginAgain
}

const loginAgain = "run " + server.Name + " login again, or " + server.Name + " logout"

// usable says why what is kept cannot be used; nil if it can, or nothing is kept.
func (s *Settings) usable(kept credentials.Kept) error {
	switch {
	case kept.Storage == "":
		return nil
	case !sameAPI(kept.BaseURL, s.apiURL()):
		return s.otherAPI(kept.BaseURL)
	case kept.AccountID != "" && !tools.AccountID(kept.AccountID).Valid():
		return &unusableError{"what login keeps has an account ID that is none", loginAgain}
	}
	return nil
}

// otherAPI says that the token that is kept is for the API at an address, which is not the
// one in force.
func (s *Settings) otherAPI(address string) error {
	const variable = "CLOUDFLARE_BASE_URL"
	reason := "the token that login keeps is for " + cfapi.Visible(address) + ", and " + variable
	switch {
	case sameAPI(address, cfapi.DefaultBaseURL):
		return &unusableError{reason + " is another API", "unset " + variable}
	case slices.Contains(s.Unexpanded, variable):
		return &unusableError{reason + " holds a placeholder that was not expanded", "set " + variable + " to its value"}
	case s.environment[variable] == "":
		return &unusableError{reason + " is not set", "set " + variable + " to that, or " + loginAgain}
	default:
		return &unusableError{reason + " is another API", "set " + variable + " to the first, or " + loginAgain}
	}
}

// apiURL is the address of the API as it is configured.
func (s *Settings) apiURL() string {
	if s.BaseURL != "" {
		return s.BaseURL
	}
	if configured := strings.TrimSpace(s.environment["CLOUDFLARE_BASE_URL"]); configured != "" {
		return configured
	}
	return cfapi.DefaultBaseURL
}

// sameAPI reports whether a token for the API at a may be sent to the one at b. All of this
// machine counts as one: what listens there is mostly given a port by chance.
func sameAPI(a, b string) bool {
	return strings.TrimRight(a, "/") == strings.TrimRight(b, "/") || onLoopback(a) && onLoopback(b)
}

func onLoopback(address string) bool {
	u, err := url.Parse(address)
	return err == nil && loopback.Is(u.Hostname())
}

// keyRingPatience is how long nobody wonders what a command waits for.
const keyRingPatience = 2 * time.Second

// announceKeyRing says on stderr that a command waits for the key ring, once it has done so
// for a while, until stop is called.
func announceKeyRing(stderr io.Writer) (stop func()) {
	timer := time.AfterFunc(keyRingPatience, func() {
		_, _ = io.WriteString(stderr, "Waiting for the system's key ring, which may ask for its password in a window.\n")
	})
	return func() { timer.Stop() }
}

// keptCredentials looks up the token that login keeps, at the first call that needs it; nil
// if there is nowhere to look.
func (s *Settings) keptCredentials() func(context.Context) (cfapi.Credentials, error) {
	store := s.keptStore()
	if s.Simulate || store == nil {
		return nil
	}
	lookup := credentials.NewLookup(store)
	return func(ctx context.Context) (cfapi.Credentials, error) {
		kept, token, err := lookup.Token(ctx)
		if err == nil {
			err = s.usable(kept)
		}
		switch {
		case errors.Is(ctx.Err(), context.Canceled):
			return cfapi.Credentials{}, &cfapi.Error{Kind: cfapi.Canceled, Summary: "the call was canceled"}
		case ctx.Err() != nil:
			return cfapi.Credentials{}, &cfapi.Error{Kind: cfapi.Timeout, Summary: "the key ring did not answer in time"}
		case err != nil:
			return cfapi.Credentials{}, &cfapi.Error{Kind: cfapi.NoCredentials, Summary: bounded(cfapi.Visible(err.Error())), Remedy: remedy(err)}
		}
		return cfapi.Credentials{Token: token}, nil
	}
}

// keptAccount returns what tells the account that login keeps at the moment; nil if a flag or
// a variable names one.
func (s *Settings) keptAccount() func() string {
	if s.Simulate || !s.accountIsKept || s.keptStore() == nil {
		return nil
	}
	return func() string {
		kept, _ := s.kept() // the credential has the same error, and tells it
		return kept.AccountID
	}
}

// bounded shortens a reason to what an error has room for: the path of a file and the words
// of a key ring may be long.
func bounded(reason string) string {
	const longest = 240
	if runes := []rune(reason); len(runes) > longest {
		return string(runes[:longest-1]) + "…"
	}
	return reason
}

// credentials are those for a request that goes past the tools.
func (a *app) credentials(ctx context.Context) (cfapi.Credentials, error) {
	own := a.caller.Credential
	if own.Present() || !own.Kept || a.kept == nil {
		return own.Credentials, nil
	}
	return a.kept(ctx)
}
