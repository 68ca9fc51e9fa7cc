package tools

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"access-policy-mcp/cfapi"
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

// wording turns errors into results. It is the only place that words them.
type wording struct {
	permission string // that the token needs
	subject    string // what may not be found
	check      string // which arguments to check then
	untold     string // what to do when it is not known whether the call took effect

	credentialHint string
}

// readWords are for tools that read about a policy test.
var readWords = wording{
	permission: `"Access: Policy Test Read"`,
	subject:    "policy test",
	check:      "Check policy_test_id, and that account_id is the account it was started in.",
}

func (w wording) errorResult(err error) *mcp.CallToolResult {
	failure, ok := errors.AsType[*cfapi.Error](err)
	if !ok {
		return InternalError()
	}
	return failed(failure, w.text(failure))
}

// InternalError is the result of a call that met a defect of this program.
func InternalError() *mcp.CallToolResult {
	return failed(&cfapi.Error{Kind: cfapi.UnexpectedResponse},
		"This server failed internally. It is a defect of the server, not of the arguments; its log has the details.")
}

func failed(failure *cfapi.Error, text string) *mcp.CallToolResult {
	result := mcp.NewToolResultError(text)
	result.Meta = &mcp.Meta{AdditionalFields: map[string]any{ErrorMetaKey: ErrorInfo{
		Kind:              failure.Kind,
		HTTPStatus:        failure.HTTPStatus,
		Codes:             failure.Codes(),
		RetryAfterSeconds: wholeSeconds(failure.RetryAfter),
		RayID:             failure.RayID,
	}}}
	return result
}

const tokenVariable = "CLOUDFLARE_API_TOKEN"

// text says what happened, what Cloudflare said of it, and what to do next.
func (w wording) text(failure *cfapi.Error) string {
	var what, next string
	switch failure.Kind {
	case cfapi.InvalidArgument:
		if failure.HTTPStatus == 0 {
			return "Invalid arguments: " + failure.Summary + ". Nothing was sent to Cloudflare; correct the arguments and call again."
		}
		what, next = "Cloudflare refused the arguments", w.check
	case cfapi.NoCredentials:
		return "This server has no Cloudflare credentials. Set " + tokenVariable + " (a token with the permission " + w.permission +
			"), or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY, in its environment and restart it." + prefixed(" ", w.credentialHint)
	case cfapi.Unauthenticated:
		what, next = "Cloudflare did not accept the credentials", "Check that "+tokenVariable+
			" (or CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY) holds a valid, unexpired value, and restart the server."
	case cfapi.Forbidden:
		what, next = "Cloudflare refused access", "Either the token lacks the permission "+w.permission+
			" or it is not for this account: check the token's permissions, its IP restrictions, and account_id."
	case cfapi.NotFound:
		what, next = "Cloudflare knows no such "+w.subject, w.check
	case cfapi.RateLimited:
		what, next = "Cloudflare's request quota is used up", "Until it is free again every request with these credentials is refused."
		if failure.HTTPStatus == 0 {
			what, next = "Too many requests for now", "Nothing was sent, to keep Cloudflare from refusing every request with these credentials."
		}
		if failure.RetryAfter > 0 {
			next += fmt.Sprintf(" Try again in %d s, not earlier.", wholeSeconds(failure.RetryAfter))
		} else {
			next += " Try again in 5 minutes."
		}
	case cfapi.Unavailable:
		what, next = "Cloudflare could not be reached or failed to answer", "This is usually temporary: try again in a minute."
		if failure.RetryAfter > 0 {
			next = fmt.Sprintf("Try again in %d s.", wholeSeconds(failure.RetryAfter))
		}
	case cfapi.Timeout:
		what, next = "Cloudflare did not answer in time", "Try again in a minute."
	case cfapi.Canceled:
		return "The call was canceled before there was an answer."
	default:
		what, next = "Cloudflare's answer was not what its API documents", "Try again; if it persists, check CLOUDFLARE_BASE_URL and any proxy in between."
	}
	if failure.MayBeDone {
		next = w.untold
	}
	return what + prefixed(": ", said(failure)) + ". " + next
}

// staleWarning tells that figures are older than they could be, and why.
func staleWarning(failure *cfapi.Error, age time.Duration) string {
	return fmt.Sprintf("The last request failed (%s), so these figures are %d s old.", prefixed(string(failure.Kind)+": ", said(failure)), int(age/time.Second))
}

// How much of what Cloudflare said an assistant has to read, in tokens: the
// first error mostly says it all.
var noticeTokens = []int{56, 24}

const (
	pointerTokens = 12
	urlTokens     = 40
)

// said quotes the answer.
func said(failure *cfapi.Error) string {
	var parts []string
	if failure.HTTPStatus != 0 {
		parts = append(parts, "HTTP "+strconv.Itoa(failure.HTTPStatus))
	}
	if failure.Summary != "" {
		parts = append(parts, cut(failure.Summary, noticeTokens[0]))
	}
	for i, notice := range failure.Notices {
		if i == len(noticeTokens) {
			break
		}
		parts = append(parts, brief(notice, noticeTokens[i]).String())
	}
	return strings.Join(parts, ", ")
}

// brief shortens a notice. Half an address is of no use.
func brief(notice cfapi.Notice, limit int) cfapi.Notice {
	notice.Message = cut(notice.Message, limit)
	notice.Pointer = cut(notice.Pointer, pointerTokens)
	if tokens(notice.DocumentationURL) > urlTokens {
		notice.DocumentationURL = ""
	}
	return notice
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
