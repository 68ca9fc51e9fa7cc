package cfapi

import (
	"context"
	"errors"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Kind says what sort of failure an [Error] is, and so what can be done about it.
type Kind string

// The kinds of failure.
const (
	// InvalidArgument: the API, or the client before it sent anything, refused
	// an argument.
	InvalidArgument Kind = "invalid_argument"
	// NoCredentials: the client has nothing to authenticate with; nothing was sent.
	NoCredentials Kind = "no_credentials"
	// Unauthenticated: the credentials themselves are malformed or invalid.
	Unauthenticated Kind = "unauthenticated"
	// Forbidden: the credentials do not permit this.
	Forbidden Kind = "forbidden"
	// NotFound: there is no such account or policy test.
	NotFound Kind = "not_found"
	// RateLimited: the quota is used up until RetryAfter is over.
	RateLimited Kind = "rate_limited"
	// Unavailable: the API could not be reached or failed; it may work later.
	Unavailable Kind = "upstream_unavailable"
	// UnexpectedResponse: the answer is not one that the API documents.
	UnexpectedResponse Kind = "unexpected_response"
	// Timeout: no answer came in time.
	Timeout Kind = "timeout"
	// Canceled: the caller gave up.
	Canceled Kind = "canceled"
	// Internal: a defect of this program.
	Internal Kind = "internal"
)

// Error is the one error type of this package.
type Error struct {
	// Kind says what can be done about the failure.
	Kind Kind

	// HTTPStatus is the status of the answer; 0 when there was none.
	HTTPStatus int

	// Notices are the API's own errors; empty when the answer had none.
	Notices []Notice

	// Summary says in a few words what happened when Notices do not: a failure
	// of the connection, or a body that is not the API's JSON.
	Summary string

	// Remedy is what can be done about the failure where its kind does not tell: a clause
	// such as "unlock the key ring"; mostly "".
	Remedy string

	// RetryAfter is how long the API asks to wait; 0 when it does not say.
	RetryAfter time.Duration

	// RateLimit is the quota that came with the answer.
	RateLimit RateLimit

	// RayID identifies the request for Cloudflare's support; "" when there was
	// no answer.
	RayID string

	// MayBeDone is true if Cloudflare may have carried out a request that changes
	// something, although no answer confirms it.
	MayBeDone bool

	cause error

	// stale is true if the connection had worked before and broke without an answer.
	stale bool
}

// NewInternal is the error of a defect of this program, whose cause is for the log
// alone.
func NewInternal(cause error) *Error {
	return &Error{Kind: Internal, Summary: "a defect of this program", cause: cause}
}

// Error describes the failure for a log. It contains cleaned foreign text.
func (e *Error) Error() string {
	parts := []string{string(e.Kind)}
	if e.HTTPStatus != 0 {
		parts = append(parts, "HTTP "+strconv.Itoa(e.HTTPStatus))
	}
	if e.Summary != "" {
		parts = append(parts, e.Summary)
	}
	for _, notice := range e.Notices {
		parts = append(parts, notice.String())
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the cause, such as [context.Canceled]; it may be nil.
func (e *Error) Unwrap() error { return e.cause }

// Temporary reports whether the same request may succeed later without anything
// else being changed.
func (e *Error) Temporary() bool {
	return e.Kind == Unavailable || e.Kind == Timeout || e.Kind == RateLimited || e.Kind == UnexpectedResponse
}

// NameUnresolved reports whether there was no answer because a host name, of the API or
// of a proxy, did not resolve.
func (e *Error) NameUnresolved() bool {
	_, unresolved := errors.AsType[*net.DNSError](e.cause)
	return unresolved
}

// Codes returns the API's error codes in their order.
func (e *Error) Codes() []int {
	var codes []int
	for _, notice := range e.Notices {
		codes = append(codes, notice.Code)
	}
	return codes
}

// Codes that decide the kind of a failure, where the status alone does not.
var (
	credentialCodes = []int{1000, 6003, 9106}
	permissionCodes = []int{10000, 9109}
	routeCodes      = []int{7000, 7003}
)

// classify maps an answer that is not a success to its kind.
func classify(status int, codes []int) Kind {
	switch status {
	case http.StatusUnauthorized:
		return Unauthenticated
	case http.StatusForbidden:
		return kindOf(codes, map[Kind][]int{Unauthenticated: credentialCodes}, Forbidden)
	case http.StatusBadRequest:
		return kindOf(codes, map[Kind][]int{Unauthenticated: credentialCodes, NotFound: routeCodes}, InvalidArgument)
	case http.StatusUnprocessableEntity:
		return InvalidArgument
	case http.StatusNotFound:
		return NotFound
	case http.StatusTooManyRequests:
		return RateLimited
	case http.StatusRequestTimeout:
		return Unavailable
	}
	switch {
	case status >= http.StatusInternalServerError:
		return Unavailable
	case status/100 == 2:
		return kindOf(codes, map[Kind][]int{Unauthenticated: credentialCodes, Forbidden: permissionCodes, NotFound: routeCodes}, UnexpectedResponse)
	}
	return UnexpectedResponse
}

// kindOf is the kind that the codes decide; otherwise, if none of them does. Codes about
// the credential come first, since without a valid one nothing else has been looked at.
func kindOf(codes []int, decided map[Kind][]int, otherwise Kind) Kind {
	for _, kind := range []Kind{Unauthenticated, Forbidden, NotFound} {
		if slices.ContainsFunc(codes, func(code int) bool { return slices.Contains(decided[kind], code) }) {
			return kind
		}
	}
	return otherwise
}

// transportError turns a failure to get an answer into an [*Error].
func (c *Client) transportError(ctx context.Context, err error) *Error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &Error{Kind: Canceled, Summary: "the call was canceled", cause: context.Canceled}
	case ctx.Err() != nil, isTimeout(err):
		summary := "no answer in time"
		if text := c.causeText(err); text != context.DeadlineExceeded.Error() {
			summary += ": " + text
		}
		return &Error{Kind: Timeout, Summary: summary, cause: err}
	}
	_, stale := errors.AsType[staleError](err)
	return &Error{Kind: Unavailable, Summary: c.causeText(err), cause: err, stale: stale}
}

// causeText is the whole text of a failure to get an answer. One about a proxy can repeat
// its address with the password.
func (c *Client) causeText(err error) string {
	text := strings.TrimPrefix(err.Error(), "net/http: Transport failed to read from server: ") // the rest says more
	return c.clean(userInfo().ReplaceAllString(text, "//[redacted]@"), maxCause)
}

// userInfo matches what stands before the host in an address.
var userInfo = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`//[^/\s]*@`) })

func isTimeout(err error) bool {
	netErr, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && netErr.Timeout()
}
