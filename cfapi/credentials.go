package cfapi

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
)

// Credentials authenticate a request to Cloudflare: an API token, or an e-mail
// address with a global API key. When both are present the token alone is sent.
// See https://developers.cloudflare.com/fundamentals/api/get-started/.
//
// A Credentials value never prints its secrets.
type Credentials struct {
	// Token is an API token with the permission "Access: Policy Test Read" or
	// "Access: Policy Test Write".
	Token string

	// Email and Key are an account holder's address and global API key.
	Email, Key string
}

// Present reports whether there is anything to authenticate with.
func (c Credentials) Present() bool { return c.Token != "" || c.Email != "" && c.Key != "" }

// String hides the secrets from fmt.
func (c Credentials) String() string { return "[credentials]" }

// GoString hides the secrets from fmt's %#v.
func (c Credentials) GoString() string { return c.String() }

// LogValue hides the secrets from log/slog.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// set writes the credentials to the header of a client's own requests. They are not the
// business of a RoundTripper, because a RoundTripper would add them to whatever request
// passes through it.
func (c Credentials) set(header http.Header) {
	switch {
	case c.Token != "":
		header.Set("Authorization", "Bearer "+c.Token)
	case c.Present():
		header.Set("X-Auth-Email", c.Email)
		header.Set("X-Auth-Key", c.Key)
	}
}

// check finds values that no header can carry, which net/http would otherwise
// report with the value in its message.
func (c Credentials) check() error {
	for name, value := range map[string]string{"API token": c.Token, "e-mail address": c.Email, "API key": c.Key} {
		if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return errors.New("the " + name + " contains a space or another character that cannot be in it")
		}
	}
	return nil
}
