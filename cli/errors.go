package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"syscall"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/server"
	"access-policy-mcp/tools"
)

// Exit statuses other than 0.
const (
	exitFailure     = 1 // no answer; of a server: it could not serve
	exitUsage       = 2 // wrong usage or configuration
	exitNotFinished = 3 // there is an answer: the test has not finished
	exitNotComplete = 4 // there is an answer: the test has ended otherwise than complete
	exitInterrupted = 130
)

// errInterrupted ends a command that a signal has interrupted.
var errInterrupted = exitError{exitInterrupted, errors.New("interrupted")}

// exitError ends the program with a status other than 0.
type exitError struct {
	status int
	err    error // what to say on stderr; nil if everything has been said
}

func (e exitError) Error() string { return fmt.Sprint(e.err) }

func (e exitError) Unwrap() error { return e.err }

// exitWith is an error that ends the program with status; nil if err is nil.
func exitWith(status int, err error) error {
	if err == nil {
		return nil
	}
	return exitError{status, err}
}

// exitWithOutcome is nil if the test is complete, and otherwise ends the program with
// the status that tells how the test stands.
func exitWithOutcome(test tools.PolicyTest) error {
	switch {
	case test.Status == cfapi.Complete:
		return nil
	case test.Finished:
		return exitError{status: exitNotComplete}
	default:
		return exitError{status: exitNotFinished}
	}
}

// exitStatus is the status that a command's error ends the program with. It says on
// stderr what there is to say, but does not wait for somebody to read it. That the
// reader of stdout has left is not worth a word.
func exitStatus(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	exit, ok := errors.AsType[exitError](err)
	if !ok {
		exit = exitError{exitUsage, err} // cobra itself reports wrong usage
	}
	if exit.err != nil && !errors.Is(exit.err, syscall.EPIPE) {
		queue := newLogQueue(stderr, "text")
		_, _ = fmt.Fprintln(queue, server.Name+": "+exit.err.Error())
		queue.flush()
	}
	return exit.status
}

// failureText says for a person what went wrong, what Cloudflare said of it, and what to
// do. With hideDetails it leaves out Cloudflare's words, which may name users.
func failureText(err error, credential tools.Credential, hideDetails bool) string {
	failure, ok := errors.AsType[*cfapi.Error](err)
	if !ok {
		return err.Error()
	}
	if hideDetails {
		failure = tools.WithoutTexts(failure)
	}
	var said []string
	if failure.HTTPStatus != 0 {
		said = append(said, fmt.Sprintf("HTTP %d", failure.HTTPStatus))
	}
	if failure.Summary != "" {
		said = append(said, failure.Summary)
	}
	for _, notice := range failure.Notices {
		said = append(said, notice.String())
	}
	text := failureWords(failure)
	if said != nil {
		text += ": " + strings.Join(said, ", ")
	}
	return text + ". " + nextStep(failure, credential)
}

// failureWords say what happened.
func failureWords(failure *cfapi.Error) string {
	switch failure.Kind {
	case cfapi.InvalidArgument:
		return "Cloudflare refused the request"
	case cfapi.NoCredentials:
		return "there are no Cloudflare credentials"
	case cfapi.Unauthenticated:
		return "Cloudflare did not accept the credentials"
	case cfapi.Forbidden:
		return "Cloudflare refused access"
	case cfapi.NotFound:
		return "Cloudflare knows no such policy test"
	case cfapi.RateLimited:
		if failure.HTTPStatus == 0 {
			return "too many requests for now"
		}
		return "Cloudflare's request quota is used up"
	case cfapi.Unavailable:
		return "Cloudflare could not be reached or failed to answer"
	case cfapi.Timeout:
		return "Cloudflare did not answer in time"
	default:
		return "Cloudflare's answer was not what its API documents"
	}
}

// nextStep says what to do about a failure.
func nextStep(failure *cfapi.Error, credential tools.Credential) string {
	if failure.RetryAfter > 0 {
		return fmt.Sprintf("Try again in %d s.", int(math.Ceil(failure.RetryAfter.Seconds())))
	}
	switch failure.Kind {
	case cfapi.NoCredentials:
		return strings.TrimSpace("Set CLOUDFLARE_API_TOKEN, or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY. " + credential.Hint)
	case cfapi.Unauthenticated:
		return "Check " + cmp.Or(credential.Source, "the credential") + ": its value must be valid and unexpired."
	case cfapi.Forbidden:
		return `Check that the credentials have the permission "Access: Policy Test Read" for this account, and that --account-id is right.`
	case cfapi.InvalidArgument, cfapi.NotFound:
		return "Check the ID of the test, and that it was started in this account."
	case cfapi.UnexpectedResponse:
		return "Try again; if it persists, check CLOUDFLARE_BASE_URL and any proxy in between."
	default:
		return "Try again in a minute."
	}
}
