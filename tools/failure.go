package tools

import "context"

type failureKey struct{}

// WithFailures returns a context for calls in this process. A tool that fails tells
// report why, as the error itself: a typed.ArgumentError, a [cfapi.Error], or a defect of
// this program. The result of the call has words for a model alone. report is called
// before the result is there.
//
// [cfapi.Error]: access-policy-mcp/cfapi.Error
func WithFailures(ctx context.Context, report func(error)) context.Context {
	return context.WithValue(ctx, failureKey{}, report)
}

// reportFailure tells whoever made the call of ctx in this process why it has failed.
func reportFailure(ctx context.Context, err error) {
	if report, ok := ctx.Value(failureKey{}).(func(error)); ok {
		report(err)
	}
}
