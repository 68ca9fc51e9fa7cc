package cfapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Bounds of one exchange.
const (
	maxBody        = 1 << 20          // bytes of an answer that are read
	attemptTimeout = 10 * time.Second // for one request with its answer
	callTimeout    = 30 * time.Second // for an exchange with its retries
	maxAttempts    = 3
)

// get performs one GET with its retries: on failures of the connection, 408, and
// the 5xx answers that pass. 429 is left to the caller, who alone knows what
// else draws on the quota.
func get[T any](ctx context.Context, c *Client, path string) (Answer[T], error) {
	if !c.credentials.Present() {
		return Answer[T]{}, &Error{Kind: NoCredentials}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	deadline, _ := ctx.Deadline()

	delays := backoff.NewExponentialBackOff()
	delays.InitialInterval = 250 * time.Millisecond
	delays.MaxInterval = 2 * time.Second

	var last error
	answer, err := backoff.Retry(ctx, func() (Answer[T], error) {
		if last != nil && !c.allowRetry() {
			return Answer[T]{}, backoff.Permanent(last)
		}
		answer, err := attempt[T](ctx, c, path)
		last = err
		if err != nil && !retryable(err) {
			err = backoff.Permanent(err)
		}
		return answer, err
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

// attempt sends one request and reads its answer.
func attempt[T any](ctx context.Context, c *Client, path string) (Answer[T], error) {
	attemptCtx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(attemptCtx, http.MethodGet, c.baseURL+path, nil)
	if err != nil {
		return Answer[T]{}, &Error{Kind: InvalidArgument, Summary: "the request cannot be built", cause: err}
	}
	r, err := c.send(req)
	if err != nil {
		return Answer[T]{}, c.transportError(ctx, err)
	}
	return decode[T](c, r)
}

// send carries req with the client's credentials and reads a bounded body.
func (c *Client) send(req *http.Request) (response, error) {
	c.credentials.set(req.Header)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	resp, err := c.http.Do(req)
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return response{}, err
	}
	return response{
		status:    resp.StatusCode,
		header:    resp.Header,
		body:      body[:min(len(body), maxBody)],
		truncated: len(body) > maxBody,
	}, nil
}

// retryable tells the failures that may pass within seconds.
func retryable(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
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
