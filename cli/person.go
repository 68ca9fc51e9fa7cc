package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
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

// askHidden is ask for a secret, which the terminal does not show.
func (p *person) askHidden(ctx context.Context, question string) (string, error) {
	descriptor := int(p.keyboard.Fd())
	before, err := term.GetState(descriptor)
	if err != nil {
		return "", exitWith(exitFailure, err)
	}
	text, err := p.answer(ctx, question, func() (string, error) {
		line, err := term.ReadPassword(descriptor)
		return string(line), err
	})
	// ReadPassword does so too, but not when it is left behind.
	_ = term.Restore(descriptor, before)
	if !errors.Is(err, errInterrupted) {
		_, _ = fmt.Fprintln(p.screen) // the terminal did not show the end of the line either
	}
	return text, err
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
