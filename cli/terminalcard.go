package cli

import (
	"fmt"
	"strings"

	"github.com/clipperhouse/displaywidth"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools"
)

// card is the result of a test for a person: status, stacked bar, figures, warnings, and
// what to type next.
type card struct {
	id   string // of the test, as it was asked for
	test tools.PolicyTest
	next string // the command to type; "" for none
}

// widestCard is the most columns of a card.
const widestCard = 76

// lines is the card in at most width columns. The command alone may be longer: what is to
// be copied is not broken.
func (c card) lines(width int, colored bool) []text {
	width = min(width, widestCard)
	test := c.figures()
	status, style := statusWords(c.test)
	lines := wrapped(text{{"Policy test " + shortened(c.id) + " ", plain}, {status, style}}, width)
	if test.PercentUsersProcessed != nil || test.TotalUsers != nil {
		processed := words(processedWords(test, grouped))
		if columns := min(width-processed.width()-2, 40); columns >= 10 {
			lines = append(lines, joined("  ", bar(test, columns, colored), processed))
		} else {
			lines = append(lines, bar(test, min(width, 40), colored))
			lines = append(lines, wrapped(processed, width)...)
		}
	} else {
		lines = append(lines, wrapped(words(processedWords(test, grouped)), width)...)
	}
	lines = append(lines, c.counts(test, width, colored)...)
	for _, warning := range c.test.Warnings {
		lines = append(lines, wrapped(text{{"! " + warning, yellow}}, width)...)
	}
	if c.next != "" {
		lines = append(lines, text{{"Next: ", faint}, {c.next, plain}})
	}
	return lines
}

func (c card) figures() cfapi.PolicyTest {
	t := c.test
	return cfapi.PolicyTest{
		Status: t.Status, PercentUsersProcessed: t.PercentUsersProcessed, TotalUsers: t.TotalUsers,
		PercentApproved: t.PercentApproved, PercentBlocked: t.PercentBlocked, PercentErrored: t.PercentErrored,
		UsersApproved: t.UsersApproved, UsersBlocked: t.UsersBlocked, UsersErrored: t.UsersErrored,
	}
}

// counts has a line for each outcome that is known, with figures that are aligned.
func (c card) counts(test cfapi.PolicyTest, width int, colored bool) []text {
	var numbers, percents [barUntold]string
	widest, widestPercent := 0, 0
	for i, o := range outcomes(test) {
		if o.count != nil {
			numbers[i] = grouped(*o.count)
		}
		if o.percent != nil {
			percents[i] = exactly(*o.percent) + "%"
		}
		widest, widestPercent = max(widest, len(numbers[i])), max(widestPercent, len(percents[i]))
	}
	var lines []text
	for i, o := range outcomes(test) {
		if numbers[i] == "" && percents[i] == "" {
			continue
		}
		mark := o.mark
		if colored {
			mark = "█"
		}
		line := text{{mark, o.style}}
		if widest > 0 {
			line = append(line, span{fmt.Sprintf(" %*s", widest, numbers[i]), plain})
		}
		line = append(line, span{fmt.Sprintf(" %-8s", o.name), plain})
		if percents[i] != "" && line.width()+2+widestPercent <= width { // half a figure would be a wrong one
			line = append(line, span{fmt.Sprintf("  %*s", widestPercent, percents[i]), faint})
		}
		lines = append(lines, line.cut(width))
	}
	return lines
}

// statusWords say how a test stands.
func statusWords(test tools.PolicyTest) (string, style) {
	switch test.Status {
	case cfapi.Processing:
		return "is still processing", yellow
	case cfapi.Complete:
		return "is complete", green
	case cfapi.ExceededTime:
		return "exceeded its time limit: the figures are partial", red
	case cfapi.Blocked:
		return "was blocked: Cloudflare did not run it to the end", red
	case "":
		return "has an unknown status: Cloudflare reported none", yellow
	default:
		return "has the status " + cfapi.Quote(string(test.Status)) + ", which this version does not know", yellow
	}
}

// shortened keeps the ends of a long ID, by which people tell them apart.
func shortened(id string) string {
	const ends = 4
	if len(id) <= 3*ends {
		return id
	}
	return id[:ends] + "…" + id[len(id)-ends:]
}

// wrapped breaks a text between words into lines of at most width columns. A longer word
// is cut.
func wrapped(t text, width int) []text {
	var lines []text
	var line text
	room := width
	for _, s := range t {
		for word := range strings.FieldsSeq(s.text) {
			wide := displaywidth.String(word)
			if line != nil && wide+1 > room {
				lines, line, room = append(lines, line), nil, width
			}
			if line != nil {
				word, wide = " "+word, wide+1
			}
			line = append(line, span{word, s.style}).cut(width)
			room -= wide
		}
	}
	return append(lines, line)
}

// rendered is lines as they are written to a terminal.
func rendered(lines []text, colored bool) string {
	var b strings.Builder
	for _, line := range lines {
		line.write(&b, colored)
		b.WriteByte('\n')
	}
	return b.String()
}

// nextCommand is what to type after a look at a test, with what has been typed to find it.
func nextCommand(command *cobra.Command, id string, test tools.PolicyTest) string {
	some := func(count *cfapi.Count, percent *float64) bool {
		if count != nil {
			return *count > 0
		}
		return percent != nil && *percent > 0
	}
	name, flags := "users", ""
	switch {
	case test.Status == cfapi.Processing:
		name, flags = "get", " --wait 10m"
	case !test.Finished:
		name = "get"
	case some(test.UsersBlocked, test.PercentBlocked):
		flags = " --status blocked"
	case some(test.UsersErrored, test.PercentErrored):
		flags = " --status error"
	}
	command.Flags().Visit(func(flag *pflag.Flag) {
		switch flag.Name {
		case "simulate":
			flags += " --simulate"
		case "account-id":
			flags += " --account-id " + flag.Value.String()
		}
	})
	return command.Root().Name() + " " + name + " " + id + flags
}
