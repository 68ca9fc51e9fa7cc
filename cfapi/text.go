package cfapi

import (
	"html"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// Longest foreign strings that leave this package, in characters.
const (
	maxText    = 300  // a message, a page's title
	maxCause   = 2000 // why a connection failed: a certificate lists the names that it is for
	maxName    = 100  // a name, a status, a JSON pointer
	maxAddress = 254  // an e-mail address (RFC 5321), a documentation URL
)

// ansiSequence matches the terminal control sequences CSI … final byte and
// OSC … terminator (ECMA-48 sections 5.4 and 8.3.89), whose visible remainder
// would be left behind if only the escape character were removed.
var ansiSequence = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?")
})

// invisible lists what unicode.IsGraphic lets pass but nobody can see.
var invisible = []*unicode.RangeTable{unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector}

// clean makes foreign text fit to be shown: valid UTF-8, one line, no control
// or invisible characters, none of the client's secrets, at most limit
// characters.
func (c *Client) clean(s string, limit int) string {
	if len(s) <= limit && isPlain(s) && !c.redactor.suspects(s) {
		return s
	}
	s = c.redactor.redact(Visible(s))
	if runes := []rune(s); len(runes) > limit {
		s = strings.TrimRight(string(runes[:limit-1]), " ") + "…"
	}
	return s
}

// Visible makes foreign text valid UTF-8 on one line, without control sequences of
// terminals and without control or invisible characters.
func Visible(s string) string {
	if isPlain(s) {
		return s
	}
	s = ansiSequence().ReplaceAllString(s, "")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\u2028', r == '\u2029':
			return ' '
		case !unicode.IsGraphic(r), unicode.In(r, invisible...), r == '\u2800':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}

var htmlTitle = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`) })

// isPlain reports whether there is nothing to clean: visible ASCII, with single spaces in
// between.
func isPlain(s string) bool {
	space := true
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == ' ' && space {
			return false
		}
		space = s[i] == ' '
	}
	return !space || s == ""
}

// describeBody says in a few words what a body is that is not Cloudflare's
// JSON, for example one of the HTML pages of its front door.
func (c *Client) describeBody(body []byte) string {
	text := strings.TrimSpace(string(body))
	if text == "" {
		return "an empty body"
	}
	if title := htmlTitle().FindStringSubmatch(text); title != nil {
		return "an HTML page titled " + Quote(c.clean(html.UnescapeString(title[1]), maxName))
	}
	if strings.HasPrefix(text, "<") {
		return "an HTML page"
	}
	return "a body that starts with " + Quote(c.clean(text, maxName))
}

// Quote marks foreign text as such. The text has been cleaned, so that the only
// thing left to escape is the mark itself.
func Quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, "'") + `"` }
