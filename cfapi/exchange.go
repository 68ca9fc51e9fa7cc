package cfapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Bounds of one exchange.
const (
	maxBody        = 1 << 20          // bytes of an answer that are read
	maxListBody    = 4 << 20          // of one that is a list: a page has up to 1,000 users
	attemptTimeout = 10 * time.Second // for one request with its answer
	callTimeout    = 30 * time.Second // for an exchange with its retries
	maxAttempts    = 3
)

// get performs one GET with its retries: on failures of the connection, 408, and
// the 5xx answers that pass. 429 is left to the caller, who alone knows whether it
// has the time. The result is JSON that starts with open.
func get[T any](ctx context.Context, c *Client, path string, open byte) (Answer[T], error) {
	if err := c.begin(ctx); err != nil {
		return Answer[T]{}, err
	}
	began := time.Now()
	answer, err := attempt[T](ctx, c, http.MethodGet, path, nil, open)
	if failure, ok := errors.AsType[*Error](err); !ok || !retryable(failure) || c.turn.Once {
		return answer, err
	}
	return retry[T](ctx, c, path, open, began, err)
}

// retry goes on after a first attempt, which has begun then and failed.
func retry[T any](ctx context.Context, c *Client, path string, open byte, began time.Time, failure error) (Answer[T], error) {
	ctx, cancel := context.WithDeadline(ctx, began.Add(callTimeout))
	defer cancel()
	deadline, _ := ctx.Deadline()
	delays := backoff.NewExponentialBackOff()
	delays.InitialInterval = 250 * time.Millisecond
	delays.MaxInterval = 2 * time.Second

	var last error
	answer, err := backoff.Retry(ctx, func() (Answer[T], error) {
		if last == nil {
			last = failure
			return Answer[T]{}, paced(failure)
		}
		// A failure that is known is worth more than a long wait for another attempt.
		if c.limiter.Wait(ctx, Turn{Repeating: true}) != nil {
			return Answer[T]{}, backoff.Permanent(last)
		}
		answer, err := attempt[T](ctx, c, http.MethodGet, path, nil, open)
		last = err
		return answer, paced(err)
	}, backoff.WithBackOff(delays), backoff.WithMaxTries(maxAttempts), backoff.WithMaxElapsedTime(time.Until(deadline)))
	if err == nil {
		return answer, nil
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		// The caller left between two attempts.
		return answer, c.transportError(ctx, err)
	}
	return answer, last
}

// post performs one POST, whose result is an object, in one attempt.
func post[T any](ctx context.Context, c *Client, path string, body []byte) (Answer[T], error) {
	if err := c.begin(ctx); err != nil {
		return Answer[T]{}, err
	}
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	answer, err := attempt[T](ctx, c, http.MethodPost, path, body, '{')
	if failure, ok := errors.AsType[*Error](err); ok {
		refused := failure.HTTPStatus/100 == 3 || failure.HTTPStatus/100 == 4 || len(failure.Notices) > 0
		failure.MayBeDone = sent.Load() && !refused
	}
	return answer, err
}

// begin waits until the first attempt of an exchange may be sent.
func (c *Client) begin(ctx context.Context) error {
	if !c.credentials.Present() {
		return &Error{Kind: NoCredentials}
	}
	return c.takeTurn(ctx)
}

// takeTurn waits until one request may be sent.
func (c *Client) takeTurn(ctx context.Context) error {
	if err := c.limiter.Wait(ctx, c.turn); err != nil {
		if failure, ok := errors.AsType[*Error](err); ok {
			return failure
		}
		return c.transportError(ctx, err)
	}
	if c.turn.Granted != nil {
		c.turn.Granted()
	}
	return nil
}

// attempt sends one request and decodes its answer.
func attempt[T any](ctx context.Context, c *Client, method, path string, body []byte, open byte) (Answer[T], error) {
	longest := maxBody
	if open == '[' {
		longest = maxListBody
	}
	r, err := c.roundTrip(ctx, method, path, body, longest)
	if err != nil {
		return Answer[T]{}, err
	}
	return learned[T](c, r, open)
}

// learned decodes an answer, and tells the limiter of it.
func learned[T any](c *Client, r response, open byte) (Answer[T], error) {
	answer, err := decode[T](c, r, open)
	limit, failure := answer.RateLimit, (*Error)(nil)
	if errors.As(err, &failure) {
		limit = failure.RateLimit
	}
	c.limiter.Learn(limit, failure)
	return answer, err
}

// roundTrip sends one request and reads its answer.
func (c *Client) roundTrip(ctx context.Context, method, path string, body []byte, longest int) (response, error) {
	attemptCtx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	req, err := c.newRequest(attemptCtx, method, path, body)
	if err != nil {
		return response{}, &Error{Kind: InvalidArgument, Summary: "the request cannot be built", cause: err}
	}
	r, err := c.send(req, longest)
	if err != nil {
		return response{}, c.transportError(ctx, err)
	}
	return r, nil
}

// newRequest returns a request with the client's credentials. path is what follows the base
// URL: an escaped path, with a query if there is one.
func (c *Client) newRequest(ctx context.Context, method, path string, body []byte) (*http.Request, error) {
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, "", reader)
	if err != nil {
		return nil, err
	}
	*req.URL = *c.baseURL
	path, req.URL.RawQuery, _ = strings.Cut(path, "?")
	req.URL.RawPath = c.baseURL.EscapedPath() + path
	req.URL.Path, err = url.PathUnescape(req.URL.RawPath)
	req.Host = req.URL.Host
	req.Header = c.header
	if body != nil {
		req.Header = c.header.Clone()
		req.Header.Set("Content-Type", "application/json")
	}
	return req, err
}

// send carries req and reads a body of at most longest bytes. It asks the transport and not
// an http.Client, because a redirect would carry the credentials to wherever the answer
// points.
func (c *Client) send(req *http.Request, longest int) (response, error) {
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(longest)+1))
	if err != nil {
		return response{}, err
	}
	return response{
		status:    resp.StatusCode,
		header:    resp.Header,
		tls:       resp.TLS,
		body:      body[:min(len(body), longest)],
		truncated: len(body) > longest,
	}, nil
}

// paced tells the retries what to do after a failure: to wait and try again, to try again
// at once, or to end.
func paced(err error) error {
	failure, ok := errors.AsType[*Error](err)
	switch {
	case err == nil:
		return nil
	case !ok || !retryable(failure):
		return backoff.Permanent(err)
	case failure.stale:
		return &backoff.RetryAfterError{Duration: 0}
	}
	return err
}

// retryable tells the failures that may pass within seconds.
func retryable(failure *Error) bool {
	switch status := failure.HTTPStatus; {
	case status == 0:
		return failure.Kind == Unavailable || failure.Kind == Timeout
	case status >= 520 && status <= 529:
		return true
	default:
		return status == http.StatusRequestTimeout || status == http.StatusInternalServerError ||
			status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
	}
}
