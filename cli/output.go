package cli

import (
	"context"
	"io"
	"time"
)

// interruptedGrace is how long an interrupted command may take to answer with what it
// has, and to print it.
const interruptedGrace = 500 * time.Millisecond

// write writes text, once. When ctx ends it gives up on a reader that does not read, and
// returns errInterrupted: the write is left to itself, since the program ends.
func write(ctx context.Context, w io.Writer, text string) error {
	written := make(chan error, 1)
	go func() {
		_, err := io.WriteString(w, text)
		written <- err
	}()
	select {
	case err := <-written:
		return exitWith(exitFailure, err)
	case <-ctx.Done():
	}
	select {
	case err := <-written:
		return exitWith(exitFailure, err)
	case <-time.After(interruptedGrace):
		return errInterrupted
	}
}
