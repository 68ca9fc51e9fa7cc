package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools/typed"
)

// ErrorMetaKey is the key of an [ErrorInfo] in the _meta of a failed result.
const ErrorMetaKey = "access-policy-mcp/error"

// ErrorInfo is what a program needs to know about a failed call.
type ErrorInfo struct {
	Kind cfapi.Kind `json:"kind"`
	// HTTPStatus of Cloudflare's answer; 0 when there was none.
	HTTPStatus int `json:"http_status,omitempty"`
	// Codes are Cloudflare's error codes.
	Codes []int `json:"codes,omitempty"`
	// RetryAfterSeconds is how long to wait before asking again; 0 when unknown.
	RetryAfterSeconds int `json:"retry_after_seconds,omitempty"`
	// RayID identifies the request for Cloudflare's support.
	RayID string `json:"ray_id,omitempty"`
}

func newErrorInfo(failure *cfapi.Error) ErrorInfo {
	return ErrorInfo{
		Kind:              failure.Kind,
		HTTPStatus:        failure.HTTPStatus,
		Codes:             failure.Codes(),
		RetryAfterSeconds: wholeSeconds(failure.RetryAfter),
		RayID:             failure.RayID,
	}
}

// RequestError is why the request of a resource or a prompt failed. MCP has no
// results with errors for these, but JSON-RPC errors, whose message is its text.
type RequestError struct {
	// Info is what a failed tool has in its _meta.
	Info ErrorInfo

	text  string
	cause error
}

// Error is the text for the client.
func (e *RequestError) Error() string { return e.text }

// Unwrap returns the cause of an error of the kind internal, which is for the log
// alone; nil for other kinds.
func (e *RequestError) Unwrap() error { return e.cause }

// internalText is all that a client learns of a defect.
const internalText = "This server failed internally. It is a defect of the server, not of the arguments; its log has the details."

// InternalError is the result of a call that met a defect of this program.
func InternalError() *mcp.CallToolResult {
	return failedResult(&cfapi.Error{Kind: cfapi.Internal}, internalText)
}

func failedResult(failure *cfapi.Error, text string) *mcp.CallToolResult {
	result := mcp.NewToolResultError(text)
	result.Meta = &mcp.Meta{AdditionalFields: map[string]any{ErrorMetaKey: newErrorInfo(failure)}}
	return result
}

// failureOf returns the failure that a client is told of; nil if err is a defect of
// this program.
func failureOf(err error) *cfapi.Error {
	if wrong, ok := errors.AsType[*typed.ArgumentError](err); ok {
		return &cfapi.Error{Kind: cfapi.InvalidArgument, Summary: wrong.Error()}
	}
	if failure, ok := errors.AsType[*cfapi.Error](err); ok && failure.Kind != cfapi.Internal {
		return failure
	}
	return nil
}

// errorPhrases are the parts of error texts that differ between tools.
type errorPhrases struct {
	permission     string // that the token needs
	subject        string // what may not be found
	check          string // which arguments to check then
	outcomeUnknown string // what to do when it is not known whether the call took effect
}

// readPhrases are for tools that read about a policy test.
var readPhrases = errorPhrases{
	permission: `"Access: Policy Test Read"`,
	subject:    "policy test",
	check:      "Check policy_test_id, and that account_id is the account it was started in.",
}

// failed is what the handler of a tool returns for err: for a defect of this program
// also its cause.
func (s *service) failed(ctx context.Context, phrases errorPhrases, err error) (*mcp.CallToolResult, error) {
	reportFailure(ctx, err)
	failure := failureOf(err)
	if failure == nil {
		return InternalError(), err
	}
	return failedResult(failure, phrases.text(ctx, failure, s.describe(failure))), nil
}

// requestError is what the handler of a resource returns for err.
func (s *service) requestError(ctx context.Context, phrases errorPhrases, err error) *RequestError {
	failure := failureOf(err)
	if failure == nil {
		return &RequestError{Info: ErrorInfo{Kind: cfapi.Internal}, text: internalText, cause: err}
	}
	return &RequestError{Info: newErrorInfo(failure), text: phrases.text(ctx, failure, s.describe(failure))}
}

// text says what happened, what Cloudflare said of it, and what to do next.
func (p errorPhrases) text(ctx context.Context, failure *cfapi.Error, said string) string {
	caller, _ := CallerFrom(ctx)
	if text := p.textWithoutAnswer(caller.Credential, failure); text != "" {
		return text
	}
	var what, next string
	switch failure.Kind {
	case cfapi.InvalidArgument:
		what, next = "Cloudflare refused the arguments", p.check
	case cfapi.Unauthenticated:
		what, next = "Cloudflare did not accept the credentials", otherCredential(caller.Credential)
	case cfapi.Forbidden:
		what, next = "Cloudflare refused access", p.missingPermission(caller.Credential)
	case cfapi.NotFound:
		what, next = "Cloudflare knows no such "+p.subject, p.check
	case cfapi.RateLimited:
		what, next = quotaText(failure)
	case cfapi.Unavailable:
		what, next = "Cloudflare could not be reached or failed to answer", "This is usually temporary: try again in a minute."
		if failure.RetryAfter > 0 {
			next = fmt.Sprintf("Try again in %d s.", wholeSeconds(failure.RetryAfter))
		}
	case cfapi.Timeout:
		what, next = "Cloudflare did not answer in time", "Try again in a minute."
	default:
		what, next = "Cloudflare's answer was not what its API documents", "Try again; if it persists, check CLOUDFLARE_BASE_URL and any proxy in between."
	}
	switch {
	case failure.MayBeDone:
		next = p.outcomeUnknown
	case failure.NameUnresolved():
		next = "The name does not resolve: check CLOUDFLARE_BASE_URL, and the network of this server."
	}
	return what + prefixed(": ", said) + ". " + next
}

// textWithoutAnswer is the whole text for failures that Cloudflare has said nothing
// about; "" for others.
func (p errorPhrases) textWithoutAnswer(credential Credential, failure *cfapi.Error) string {
	switch {
	case failure.HTTPStatus != 0:
		return ""
	case failure.Kind == cfapi.InvalidArgument:
		return "Invalid arguments: " + failure.Summary + ". Nothing was sent to Cloudflare; correct the arguments and call again."
	case failure.Kind == cfapi.Forbidden:
		return "Access refused: " + failure.Summary + ". Nothing was sent to Cloudflare; check account_id."
	case failure.Kind == cfapi.NoCredentials && failure.Remedy != "":
		return "This server has no Cloudflare credentials" + prefixed(": ", failure.Summary) + ". Ask the user to " + failure.Remedy +
			". Then call again, after a restart of this server if its environment was changed."
	case failure.Kind == cfapi.NoCredentials:
		return "This server has no Cloudflare credentials" + prefixed(": ", failure.Summary) + ". " + loginStep(credential) +
			"CLOUDFLARE_API_TOKEN (a token with the permission " + p.permission +
			"), or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY, in its environment and restart it." + prefixed(" ", credential.Hint)
	case failure.Kind == cfapi.Canceled:
		return "The call was canceled before there was an answer."
	}
	return ""
}

// loginStep begins the sentence about what to do without credentials.
func loginStep(credential Credential) string {
	if credential.Kept {
		return "Ask the user to run access-policy-mcp login on its machine and then call again, or set "
	}
	return "Set "
}

// otherCredential is what to do about a credential that is not accepted.
func otherCredential(credential Credential) string {
	if credential.Kept && !credential.Present() {
		return "The token that login keeps must be valid and unexpired: ask the user to run access-policy-mcp login again, then call again."
	}
	return "Check " + cmp.Or(credential.Source, "the credential") + ": its value must be valid and unexpired. Then restart the server."
}

// missingPermission is what to do when a credential does not permit a request. An API
// key has the permissions of the account holder.
func (p errorPhrases) missingPermission(credential Credential) string {
	if credential.Token == "" && credential.Key != "" {
		return "Either the account holder lacks the permission " + p.permission + " or is no member of this account: check the member's roles, and account_id."
	}
	return "Either the token lacks the permission " + p.permission +
		" or it is not for this account: check the token's permissions, its IP restrictions, and account_id."
}

// quotaText tells our own refusal from Cloudflare's.
func quotaText(failure *cfapi.Error) (what, next string) {
	what, next = "Cloudflare's request quota is used up", "Until it is free again every request with these credentials is refused."
	if failure.HTTPStatus == 0 {
		what, next = "Too many requests for now", "Nothing was sent, to keep Cloudflare from refusing every request with these credentials."
	}
	if failure.RetryAfter > 0 {
		return what, fmt.Sprintf("%s Try again in %d s, not earlier.", next, wholeSeconds(failure.RetryAfter))
	}
	return what, next + " Try again in 5 minutes."
}

// maxUnmarkedAge is how old figures may be without a warning.
const maxUnmarkedAge = 15 * time.Second

// ageWarning tells that figures are older than they could be, and why if that is
// known; "" if they are not.
func (s *service) ageWarning(ctx context.Context, failure *cfapi.Error, age time.Duration) string {
	seconds := int(age / time.Second)
	switch {
	case failure != nil:
		return fmt.Sprintf("The last request failed (%s), so these figures are %d s old.", s.reason(ctx, failure), seconds)
	case age > maxUnmarkedAge:
		return fmt.Sprintf("These figures are %d s old.", seconds)
	}
	return ""
}

// reason says in a warning why a request failed.
func (s *service) reason(ctx context.Context, failure *cfapi.Error) string {
	what := string(failure.Kind)
	if w, ok := ctx.Value(watchingKey{}).(Watching); ok && w.Words != nil {
		what = w.Words(failure)
	}
	return what + prefixed(": ", s.describe(failure))
}

// describe quotes what Cloudflare said; "" if that is nothing.
func describe(failure *cfapi.Error) string {
	var parts []string
	if failure.HTTPStatus != 0 {
		parts = append(parts, "HTTP "+strconv.Itoa(failure.HTTPStatus))
	}
	if failure.Summary != "" {
		parts = append(parts, shorten(failure.Summary, noticeTokens[0]))
	}
	for i, notice := range failure.Notices {
		if i == len(noticeTokens) {
			break
		}
		parts = append(parts, shortenNotice(notice, noticeTokens[i]).String())
	}
	return strings.Join(parts, ", ")
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// wholeSeconds rounds up, so that nobody comes too early.
func wholeSeconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}
