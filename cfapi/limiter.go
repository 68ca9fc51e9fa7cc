package cfapi

import (
	"context"
	"time"
)

// Limiter decides when a [Client] may send a request. The client asks it before
// every attempt, repeated ones included, and tells it of every answer. It is safe
// for concurrent use.
type Limiter interface {
	// Wait returns nil once one request may be sent. The error is ctx's, or an
	// [*Error] of the kind [RateLimited] when the turn's MaxWait is over.
	Wait(ctx context.Context, turn Turn) error

	// Learn takes note of an answer: what it says of the quota and, unless nil,
	// why it is a failure.
	Learn(limit RateLimit, failure *Error)
}

// DefaultMaxWait is how long an exchange waits for its turn, unless its [Turn] says
// otherwise.
const DefaultMaxWait = 10 * time.Second

// Turn says with which priority and for how long an exchange waits for the [Limiter], and
// whether it may be repeated.
type Turn struct {
	// Repeating marks a repeated poll. First requests go before it.
	Repeating bool

	// MaxWait is the longest wait; 0 is none at all.
	MaxWait time.Duration

	// Once forbids repetitions: a failure is not worth another request.
	Once bool

	// Granted, unless nil, is called when the first attempt may be sent.
	Granted func()
}

// WithTurn returns a client that shares everything with c and whose exchanges
// wait for their turn as turn says.
func (c *Client) WithTurn(turn Turn) *Client {
	derived := *c
	derived.turn = turn
	return &derived
}

// unlimited is the limiter of a client that has been given none.
type unlimited struct{}

func (unlimited) Wait(ctx context.Context, _ Turn) error { return ctx.Err() }
func (unlimited) Learn(RateLimit, *Error)                {}
