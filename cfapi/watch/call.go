package watch

import (
	"context"
	"errors"

	"access-policy-mcp/cfapi"
)

// Call makes one request that is not about the state of a test, within the
// watcher's budget. The error is a [*cfapi.Error].
func Call[T any](ctx context.Context, w *Watcher, call func(context.Context, *cfapi.Client) (cfapi.Answer[T], error)) (cfapi.Answer[T], error) {
	if w.budget.closedFor() > 0 {
		return cfapi.Answer[T]{}, w.budget.refusal()
	}
	admission, cancel := context.WithTimeout(ctx, maxPatience)
	defer cancel()
	if w.budget.take(admission) != nil {
		if ctx.Err() != nil {
			return cfapi.Answer[T]{}, contextError(ctx)
		}
		return cfapi.Answer[T]{}, w.budget.refusal()
	}
	answer, err := call(ctx, w.client)
	failure, _ := errors.AsType[*cfapi.Error](err)
	w.budget.learn(answer.RateLimit, failure)
	return answer, err
}
