package cfapi

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Reached is what an answer tells of the way to the API.
type Reached struct {
	// Sent and Received are when the request was sent and its answer had come, by the
	// clock of this machine.
	Sent, Received time.Time

	// Date is the time at which the API has answered by its own clock, in whole seconds;
	// zero if it does not say.
	Date time.Time

	// TLS is the version of TLS, such as "TLS 1.3"; "" without TLS.
	TLS string
}

// Reach sends one request without credentials, for what the API tells everybody: GET /ips.
// It returns nil if something that looks like the API has answered, even if only to
// refuse. The error is an [*Error].
func (c *Client) Reach(ctx context.Context) (Reached, error) {
	anonymous := c.as(Credentials{})
	if err := anonymous.takeTurn(ctx); err != nil {
		return Reached{}, err
	}
	reached := Reached{Sent: time.Now()}
	r, err := anonymous.roundTrip(ctx, http.MethodGet, "/ips", nil, maxBody)
	if err != nil {
		return Reached{}, err
	}
	reached.Received = time.Now()
	reached.Date, _ = http.ParseTime(r.header.Get("Date")) // zero with an error
	if r.tls != nil {
		reached.TLS = tls.VersionName(r.tls.Version)
	}
	_, err = learned[json.RawMessage](anonymous, r, '{')
	if failure, ok := errors.AsType[*Error](err); ok && !failure.refused() {
		return Reached{}, failure
	}
	return reached, nil
}

// refused reports whether the API itself has refused a request: it can be reached.
func (e *Error) refused() bool {
	switch e.Kind {
	case Unauthenticated, NotFound, InvalidArgument:
		return true
	case Forbidden: // without an error of the API it is a guard before it
		return len(e.Notices) > 0
	default:
		return false
	}
}

// Proxy is the proxy that requests go through, such as http://proxy.example.com:3128,
// without its user and password; "" if there is none.
func (c *Client) Proxy() string {
	transport, ok := c.transport.(*Transport)
	if !ok || transport.dialer.Proxy == nil {
		return ""
	}
	proxy, err := transport.dialer.Proxy(&http.Request{URL: c.baseURL})
	if err != nil || proxy == nil {
		return ""
	}
	return c.clean((&url.URL{Scheme: proxy.Scheme, Host: proxy.Host}).String(), maxAddress)
}

// BaseURL is the API's root.
func (c *Client) BaseURL() string { return c.clean(c.baseURL.String(), maxAddress) }
