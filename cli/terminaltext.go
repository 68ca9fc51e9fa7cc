package cli

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// style is how a piece of text looks: the parameters of ECMA-48's SGR sequence.
type style string

const (
	plain  style = ""
	bold   style = "1"
	faint  style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

// span is text in one style.
type span struct {
	text  string
	style style
}

// text is a piece of a line.
type text []span

// words is text without a style.
func words(s string) text { return text{{s, plain}} }

// width is the number of columns that the text takes: wide characters take two.
func (t text) width() int {
	width := 0
	for _, s := range t {
		width += displaywidth.String(s.text)
	}
	return width
}

// cut is the text with at most width columns.
func (t text) cut(width int) text {
	if t.width() <= width {
		return t
	}
	var kept text
	for _, s := range t {
		wide := displaywidth.String(s.text)
		if wide > width {
			return append(kept, span{displaywidth.TruncateString(s.text, width, ""), s.style})
		}
		kept = append(kept, s)
		width -= wide
	}
	return kept
}

// write writes the text. A style begins and ends with its spans.
func (t text) write(b *strings.Builder, colored bool) {
	current := plain
	change := func(next style) {
		if !colored || next == current {
			return
		}
		if current != plain {
			b.WriteString("\x1b[m")
		}
		if next != plain {
			b.WriteString("\x1b[" + string(next) + "m")
		}
		current = next
	}
	for _, s := range t {
		if s.text != "" {
			change(s.style)
			b.WriteString(s.text)
		}
	}
	change(plain)
}

// joined puts spaces between the parts that are not empty.
func joined(gap string, parts ...text) text {
	var all text
	for _, part := range parts {
		if part.width() == 0 {
			continue
		}
		if all != nil {
			all = append(all, span{gap, plain})
		}
		all = append(all, part...)
	}
	return all
}
