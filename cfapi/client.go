package cfapi

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"access-policy-mcp/internal/loopback"
)

// DefaultBaseURL is the address of Cloudflare's production API.
const DefaultBaseURL = "https://api.cloudflare.com/client/v4"

// Config is what a [Client] needs to know. The zero value is a client of the
// production API without credentials, whose calls fail with [NoCredentials].
type Config struct {
	// BaseURL is the API's root without the account path; [DefaultBaseURL] when
	// empty. It must be https, or http to a loopback host.
	BaseURL string

	// Credentials authenticate every request; without any, calls fail with
	// [NoCredentials].
	Credentials Credentials

	// UserAgent is sent as it is, for example "access-policy-mcp/1.2.3".
	UserAgent string

	// Transport carries the requests; nil means a [Transport] of the client's own. One
	// that repeats requests by itself, as [http.Transport] does, breaks what [Limiter]
	// and [Client.StartPolicyTest] promise.
	Transport http.RoundTripper

	// Limiter decides when requests may be sent; nil means at any time.
	Limiter Limiter
}

// Client calls the policy tester. It is safe for concurrent use.
type Client struct {
	baseURL     *url.URL
	credentials Credentials
	redactor    *redactor
	userAgent   string
	header      http.Header // of every request; shared, never changed
	transport   http.RoundTripper
	limiter     Limiter
	turn        Turn
}

// New returns a client for cfg. The error says what is wrong with the base URL
// or the credentials, without repeating a secret.
func New(cfg Config) (*Client, error) {
	baseURL, err := checkBaseURL(cmp.Or(cfg.BaseURL, DefaultBaseURL))
	if err != nil {
		return nil, err
	}
	if err := cfg.Credentials.check(); err != nil {
		return nil, err
	}
	transport := cfg.Transport
	if transport == nil {
		transport = NewTransport(nil)
	}
	limiter := cfg.Limiter
	if limiter == nil {
		limiter = unlimited{}
	}
	c := &Client{
		baseURL:   baseURL,
		redactor:  newRedactor(cfg.Credentials),
		userAgent: cfg.UserAgent,
		transport: transport,
		limiter:   limiter,
		turn:      Turn{MaxWait: DefaultMaxWait},
	}
	return c.as(cfg.Credentials), nil
}

// as returns a client that shares everything with c but the credentials.
func (c *Client) as(credentials Credentials) *Client {
	derived := *c
	derived.credentials = credentials
	derived.header = http.Header{"Accept": {"application/json"}, "User-Agent": {c.userAgent}}
	credentials.set(derived.header)
	return &derived
}

func checkBaseURL(raw string) (*url.URL, error) {
	if strings.Contains(raw, "@") {
		return nil, errors.New("the base URL must not contain a user name or password")
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		return nil, errors.New("the base URL is not an absolute URL such as " + DefaultBaseURL)
	}
	switch {
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("the base URL must not have a query or a fragment")
	case u.Scheme == "https", u.Scheme == "http" && loopback.Is(u.Hostname()):
		return url.Parse(strings.TrimRight(u.String(), "/"))
	default:
		return nil, fmt.Errorf("the base URL must start with https:// (http:// is allowed only for a loopback address), but is for %q over %q", u.Hostname(), u.Scheme)
	}
}
