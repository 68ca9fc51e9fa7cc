package cli

import (
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// output is stdout or stderr, and what can be done with it.
type output struct {
	io.Writer
	file      *os.File // nil if it is no terminal
	steerable bool     // lines on it can be drawn anew
	colored   bool
}

// output finds out about w what it can show, and what of that is wanted.
func (s *Settings) output(w io.Writer) output {
	out := output{Writer: w, colored: s.Color == "always"}
	if !isTerminal(w) {
		return out
	}
	out.file, _ = w.(*os.File)
	out.steerable = !s.dumbTerminal && obeysSequences(out.file)
	out.colored = out.colored || s.Color == "auto" && out.steerable && !s.noColor
	return out
}

// isTerminal reports whether a stream of the process is a terminal.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// terminal reports whether a person reads this, most likely.
func (o output) terminal() bool { return o.file != nil }

// defaultWidth is the width of a terminal that does not tell.
const defaultWidth = 80

// width is the number of columns at this moment: a window can be resized at any time.
func (o output) width() int {
	if o.file != nil {
		if width, _, err := term.GetSize(int(o.file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return defaultWidth
}

// console is stderr. On a terminal it has room for one live line at the cursor, which
// is drawn anew several times a second. What else is written goes above it.
type console struct {
	out output

	mu    sync.Mutex
	drawn bool // the line is on the screen
}

const (
	// redrawEvery keeps below ten times a second.
	redrawEvery = 125 * time.Millisecond
	// quietStart is how long a command that is soon done shows nothing.
	quietStart = 400 * time.Millisecond
	// terminalPatience is how long a stopped terminal can delay the end of a line.
	terminalPatience = time.Second
)

// Sequences of ECMA-48 and, for the wrapping of long lines, of the VT100. Between two
// frames the cursor is at the start of the line: where a terminal that has become
// narrower breaks the line in two, it stays at the start of the first part, and what
// is below it is erased with the next frame.
const (
	noWrap = "\x1b[?7l"
	wrap   = "\x1b[?7h"
	erase  = "\x1b[J" // from the cursor to the end of the screen
)

// Write writes above the line.
func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.drawn {
		return c.out.Write(p)
	}
	c.drawn = false
	_, err := c.out.Write(append([]byte("\r"+erase), p...))
	return len(p), err
}

// above calls write, which writes to the same terminal by another way, while the line is
// not there.
func (c *console) above(write func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.eraseLine()
	return write()
}

// live shows a line whose content depends on the time and on the columns that there are,
// until stop is called. Nothing of it is left then. On anything but a terminal whose
// cursor can be moved it shows nothing.
func (c *console) live(delay time.Duration, content func(now time.Time, width int) text) (stop func()) {
	if !c.out.steerable {
		return func() {}
	}
	began := time.Now()
	return every(redrawEvery, func(now time.Time) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if now.Sub(began) >= delay {
			c.draw(content(now, c.out.width()-1))
		}
	}, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.eraseLine()
	})
}

// draw draws the line with one write, so that no half of it is ever seen. It does not
// wrap, even if the terminal has become narrower meanwhile.
func (c *console) draw(line text) {
	var frame strings.Builder
	frame.WriteString("\r" + noWrap)
	line.write(&frame, c.out.colored)
	frame.WriteString(erase + wrap + "\r")
	_, _ = io.WriteString(c.out, frame.String()) // what cannot be drawn is not worth failing for
	c.drawn = true
}

func (c *console) eraseLine() {
	if c.drawn {
		_, _ = io.WriteString(c.out, "\r"+erase)
		c.drawn = false
	}
}

// every calls do at once and then at each interval, until stop is called, and then end.
// stop waits for that, but not for a terminal that somebody has stopped.
func every(interval time.Duration, do func(now time.Time), end func()) (stop func()) {
	stopping, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		defer end()
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			do(time.Now())
			select {
			case <-ticker.C:
			case <-stopping:
				return
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(stopping)
		select {
		case <-ended:
		case <-time.After(terminalPatience):
		}
	})
}
