package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// screen is what a terminal shows that breaks lines anew when its width changes: its
// lines as they were written, and how many columns of them fit into a row. It knows the
// control sequences that the program uses; another one fails the test.
type screen struct {
	width   int
	lines   [][]rune
	line    int // the cursor
	column  int // in the line, not in the row
	nowrap  bool
	frames  []string // the line at the cursor, whenever the cursor has returned to its start
	unknown string   // the first sequence that it does not know
}

var sequence = regexp.MustCompile(`^\x1b\[[?]?[0-9;]*[A-Za-z]`)

func newScreen(width int) *screen { return &screen{width: width, lines: [][]rune{nil}} }

// write takes what a program writes. A sequence must not be cut.
func (s *screen) write(output string) {
	for output != "" {
		if found := sequence.FindString(output); found != "" {
			s.obey(found)
			output = output[len(found):]
			continue
		}
		r := []rune(output)[0]
		output = output[len(string(r)):]
		switch r {
		case '\r':
			s.frames = append(s.frames, string(s.lines[s.line]))
			s.column -= s.column % s.width
		case '\n':
			s.line, s.column = s.line+1, 0
			if s.line == len(s.lines) {
				s.lines = append(s.lines, nil)
			}
		default:
			s.put(r)
		}
	}
}

func (s *screen) put(r rune) {
	if r < ' ' {
		s.unknown = fmt.Sprintf("%q", r)
		return
	}
	line := s.lines[s.line]
	for len(line) <= s.column {
		line = append(line, ' ')
	}
	line[s.column] = r
	s.lines[s.line] = line
	if s.nowrap && s.column%s.width == s.width-1 {
		return
	}
	s.column++
}

func (s *screen) obey(found string) {
	switch {
	case strings.HasSuffix(found, "m"):
	case found == "\x1b[J":
		s.lines = s.lines[:s.line+1]
		s.lines[s.line] = s.lines[s.line][:min(s.column, len(s.lines[s.line]))]
	case found == "\x1b[?7l", found == "\x1b[?7h":
		s.nowrap = found == "\x1b[?7l"
	default:
		s.unknown = fmt.Sprintf("%q", found)
	}
}

// text is all lines.
func (s *screen) text() string {
	var b strings.Builder
	for _, line := range s.lines {
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// TestScreen: the screen shows what a narrower window leaves behind of a line whose
// cursor is at its end, so that the scripts would notice it.
func TestScreen(t *testing.T) {
	for name, tt := range map[string]struct{ first, second, want string }{
		"cursor at the start": {"0123456789\r", "abc\x1b[J\r", "abc\n"},
		"cursor at the end":   {"0123456789", "\rabc\x1b[J", "01234567abc\n"},
		"no wrapping":         {"x\r", "\x1b[?7labcdef\x1b[?7h\r", "abcf\n"},
	} {
		s := newScreen(20)
		s.write(tt.first)
		s.width = 4
		s.write(tt.second)
		if s.text() != tt.want || s.unknown != "" {
			t.Errorf("%s: %q %s", name, s.text(), s.unknown)
		}
	}
}
