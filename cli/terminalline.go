package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"access-policy-mcp/cfapi"
)

// layout is how much of each part of the live line is shown: 0 is nothing of it.
type layout struct {
	bar     int // fewest columns
	users   int // 1: 10/20, 2: with the word
	counts  int // 1: with signs, 2: in words
	elapsed int // 1: 0:42, 2: with the word
	note    int // the time left, or that the figures are old, 1 to 3: in more and more words
}

// layouts are tried in this order, until one fits. How far the test has come is always
// shown.
var (
	layouts = []layout{
		{20, 2, 2, 2, 3},
		{10, 2, 2, 1, 2},
		{10, 1, 2, 1, 2},
		{10, 2, 1, 1, 2},
		{10, 1, 1, 1, 2},
		{8, 0, 1, 1, 2},
		{6, 0, 1, 1, 1},
		{6, 0, 1, 1, 0},
		{5, 0, 0, 1, 0},
		{0, 0, 0, 1, 0},
		{},
	}
	// oldLayouts are for figures that are old: the bar goes first, since it stands still.
	oldLayouts = []layout{
		{20, 2, 2, 2, 3},
		{10, 1, 1, 1, 3},
		{10, 1, 1, 1, 2},
		{8, 0, 1, 1, 2},
		{0, 0, 1, 1, 2},
		{0, 0, 1, 1, 1},
		{0, 0, 0, 1, 2},
		{0, 0, 0, 1, 1},
		{0, 0, 0, 0, 1},
		{},
	}
)

// widestBar is the most columns of a bar: a longer one tells no more.
const widestBar = 60

const spinner = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"

// line is the live line of a wait, in at most width columns.
func (s *waitState) line(now time.Time, width int, colored bool) text {
	spin := s.spin(now)
	elapsed := clock(now.Sub(s.began))
	if s.readAt.IsZero() {
		what, short := words("waiting for Cloudflare's first answer"), words("waiting")
		if why, inShort := s.why(); why != "" {
			what, short = text{{why, yellow}}, text{{inShort, yellow}}
		}
		if room := width - spin.width() - len(elapsed) - 2; what.width() > room {
			what = short
		}
		return joined(" ", spin, what, words(elapsed)).cut(width)
	}
	tried := layouts
	if _, old := s.age(now); old {
		tried = oldLayouts
	}
	var line text
	for _, l := range tried {
		line = s.laidOut(l, spin, now, width, colored)
		if line.width() <= width {
			return line
		}
	}
	return line.cut(width)
}

// spin is the spinner at a moment, after a blank, so that the cursor does not cover it.
func (s *waitState) spin(now time.Time) text {
	turn := int(now.Sub(s.began) / redrawEvery)
	wheel := []rune(spinner)
	return words(" " + string(wheel[turn%len(wheel)]))
}

// laidOut is the line in a layout, with a bar that takes the rest of the width.
func (s *waitState) laidOut(l layout, spin text, now time.Time, width int, colored bool) text {
	gap := " "
	if l.users > 0 {
		gap = "  "
	}
	head := joined(" ", spin, s.percent())
	tail := joined(gap, s.users(l.users), s.counts(l.counts), s.elapsed(l.elapsed, now), s.note(l.note, now))
	columns := min(width-head.width()-1-tail.width()-len(gap), widestBar)
	if s.test.PercentUsersProcessed == nil && s.test.TotalUsers == nil {
		return joined(gap, head, words("no figures yet"), tail)
	}
	if l.bar == 0 || s.test.PercentUsersProcessed == nil {
		return joined(" ", head, tail)
	}
	return joined(gap, joined(" ", head, bar(s.test, max(columns, l.bar), colored)), tail)
}

// percent has decimal places, so that a large test is seen to move, and is never rounded
// up: 100% is the end.
func (s *waitState) percent() text {
	if s.test.PercentUsersProcessed == nil {
		return nil
	}
	percent := *s.test.PercentUsersProcessed
	if percent < 10 {
		percent = math.Floor(percent*100) / 100
	} else {
		percent = math.Floor(percent*10) / 10
	}
	return text{{fmt.Sprintf("%5s", exactly(percent)+"%"), bold}}
}

func (s *waitState) users(detail int) text {
	total := s.test.TotalUsers
	if detail == 0 || total == nil {
		return nil
	}
	said := grouped(*total)
	if n, ok := processedUsers(s.test); ok {
		said = grouped(n) + "/" + said
	}
	if detail > 1 {
		said += " users"
	}
	return words(said)
}

func (s *waitState) counts(detail int) text {
	if detail == 0 {
		return nil
	}
	var parts []text
	for _, o := range outcomes(s.test) {
		if o.count == nil {
			continue
		}
		said := grouped(*o.count) + o.sign
		if detail > 1 {
			said = grouped(*o.count) + " " + o.name
		}
		style := o.style
		if *o.count == 0 {
			style = faint
		}
		parts = append(parts, text{{said, style}})
	}
	return joined(" ", parts...)
}

func (s *waitState) elapsed(detail int, now time.Time) text {
	said := clock(now.Sub(s.began))
	switch detail {
	case 0:
		return nil
	case 1:
		return words(said)
	default:
		return words(said + " elapsed")
	}
}

// note is the age of the figures if they are old, and why, and otherwise the time left,
// if it can be told. In the fewest words, why is worth more than the age.
func (s *waitState) note(detail int, now time.Time) text {
	if detail == 0 {
		return nil
	}
	if age, old := s.age(now); old {
		said := ageWords(age) + " old"
		sentence, short := s.why()
		switch {
		case detail == 3 && sentence != "":
			said = "figures are " + said + ": " + sentence
		case detail == 3:
			said = "figures are " + said
		case detail == 2 && short != "":
			said += ": " + short
		case short != "":
			said = short
		}
		return text{{said, yellow}}
	}
	left, ok := s.left(now)
	if !ok {
		return nil
	}
	switch detail {
	case 3:
		return words("about " + clock(left) + " left")
	case 2:
		return words("~" + clock(left) + " left")
	default:
		return words("~" + clock(left))
	}
}

func ageWords(age time.Duration) string {
	if age < 2*time.Minute {
		return fmt.Sprintf("%d s", int(age.Seconds()))
	}
	return clock(age)
}

// grouped is a number with commas between groups of three digits.
func grouped(n cfapi.Count) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// ungrouped is a number for what programs may read.
func ungrouped(n cfapi.Count) string { return strconv.FormatInt(int64(n), 10) }
