package cli

import (
	"errors"
	"fmt"
	"io"
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
	exitExceeded    = 5 // there is an answer: a limit is exceeded
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
		exit = exitError{exitUsage, err} // of the command line itself
	}
	if exit.err != nil && !errors.Is(exit.err, syscall.EPIPE) {
		queue := newLogQueue(stderr, "text")
		_, _ = fmt.Fprintln(queue, server.Name+": "+exit.err.Error())
		queue.flush()
	}
	return exit.status
}
