package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// person is somebody at a terminal who can be asked.
type person struct {
	keyboard *os.File
	screen   io.Writer
}

// newPerson returns who types on stdin; nil if that is no terminal.
func newPerson(stdin io.Reader, screen io.Writer) *person {
	if !isTerminal(stdin) {
		return nil
	}
	keyboard, _ := stdin.(*os.File)
	return &person{keyboard, screen}
}

// ask returns the line that is typed as an answer.
func (p *person) ask(ctx context.Context, question string) (string, error) {
	return p.answer(ctx, question, func() (string, error) { return readLine(p.keyboard) })
}

// pasteGrace is how long the rest of what was pasted may take to arrive.
const pasteGrace = 50 * time.Millisecond

// askHidden is ask for a secret, which the terminal does not show. What was typed after the
// line is thrown away: the rest of a paste may be the secret, and would be shown by the next
// question, or end up in the history of a shell.
func (p *person) askHidden(ctx context.Context, question string) (string, error) {
	ctx, stop := withoutDying(ctx)
	defer stop()
	show, err := hideTyping(p.keyboard)
	if err != nil {
		return "", exitWith(exitFailure, err)
	}
	text, err := p.ask(ctx, question)
	time.Sleep(pasteGrace)
	show()
	if !errors.Is(err, errInterrupted) {
		_, _ = fmt.Fprintln(p.screen) // the terminal did not show the end of the line either
	}
	return text, err
}

// withoutDying ends a context at the signals that would end the program with a terminal that
// shows nothing any more.
func withoutDying(ctx context.Context) (context.Context, context.CancelFunc) {
	signals := []os.Signal{syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) { // as with nohup
		signals = append(signals, syscall.SIGHUP)
	}
	return signal.NotifyContext(ctx, signals...)
}

// answer prints a question and reads the answer. When ctx ends it leaves the read to
// itself, since the program ends.
func (p *person) answer(ctx context.Context, question string, read func() (string, error)) (string, error) {
	_, _ = io.WriteString(p.screen, question)
	type line struct {
		text string
		err  error
	}
	typed := make(chan line, 1)
	go func() {
		text, err := read()
		typed <- line{text, err}
	}()
	select {
	case l := <-typed:
		if errors.Is(l.err, io.EOF) {
			return "", exitWith(exitFailure, errors.New("there was no answer"))
		}
		return strings.TrimSpace(l.text), exitWith(exitFailure, l.err)
	case <-ctx.Done():
		_, _ = fmt.Fprintln(p.screen)
		return "", errInterrupted
	}
}

// confirm asks a question whose answer is no unless it is yes.
func (p *person) confirm(ctx context.Context, question string) (bool, error) {
	answer, err := p.ask(ctx, question+" [y/N] ")
	return strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes"), err
}

// maxLine is the longest line that a terminal hands over, in bytes.
const maxLine = 4096

// readLine reads one line, and nothing of what was typed after it.
func readLine(r io.Reader) (string, error) {
	var line []byte
	next := make([]byte, 1)
	for len(line) < maxLine {
		n, err := r.Read(next)
		if n > 0 && next[0] == '\n' {
			return string(line), nil
		}
		line = append(line, next[:n]...)
		if err != nil && len(line) > 0 {
			return string(line), nil
		}
		if err != nil {
			return "", err
		}
	}
	return string(line), nil
}
