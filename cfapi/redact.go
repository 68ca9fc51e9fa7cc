package cfapi

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// minSecret is the length below which a value is not searched for in foreign
// text: replacing so short a string would garble every message.
const minSecret = 4

// redactor takes credentials out of foreign text. It finds them in the forms in which
// something between here and the API may repeat them: escaped for a URL, for JSON or for
// HTML, or in base64, alone or as part of a longer text.
type redactor struct {
	plain, base64 []string // plain ones in lower case
	pattern       func() *regexp.Regexp
}

func newRedactor(c Credentials) *redactor {
	r := &redactor{}
	for _, value := range []string{c.Token, c.Key, c.Email} {
		if len(value) >= minSecret {
			r.plain = append(r.plain, strings.ToLower(value))
			r.base64 = append(r.base64, inBase64(value)...)
		}
	}
	r.pattern = sync.OnceValue(r.compile) // it is large, and mostly nobody needs it
	return r
}

func (r *redactor) compile() *regexp.Regexp {
	var alternatives []string
	for _, value := range r.plain {
		alternatives = append(alternatives, escaped(value))
	}
	for _, encoded := range r.base64 {
		alternatives = append(alternatives, regexp.QuoteMeta(encoded))
	}
	return regexp.MustCompile(strings.Join(alternatives, "|"))
}

// redact replaces credentials in s.
func (r *redactor) redact(s string) string {
	if !r.suspects(s) {
		return s
	}
	return r.pattern().ReplaceAllString(s, "[redacted]")
}

// suspects reports whether there can be a credential in s: in text without escapes and
// of ASCII alone it stands as it is.
func (r *redactor) suspects(s string) bool {
	if len(r.plain) == 0 {
		return false
	}
	if strings.ContainsFunc(s, func(c rune) bool { return c == '%' || c == '\\' || c == '&' || c > unicode.MaxASCII }) {
		return true
	}
	lower := strings.ToLower(s)
	return slices.ContainsFunc(r.plain, func(secret string) bool { return strings.Contains(lower, secret) }) ||
		slices.ContainsFunc(r.base64, func(encoded string) bool { return strings.Contains(s, encoded) })
}

// escaped matches value with any of its characters escaped, in upper or lower case. They
// are all ASCII: others no header can carry.
func escaped(value string) string {
	var b strings.Builder
	b.WriteString("(?i:")
	for _, r := range value {
		// In this order: as it is, in a URL (once or more often escaped), in JSON, in HTML.
		fmt.Fprintf(&b, `(?:%s|%%(?:25)*%02x|\\+u00%02x|&#0*%d;|&#x0*%x;)`, regexp.QuoteMeta(string(r)), r, r, r, r)
	}
	b.WriteString(")")
	return b.String()
}

// inBase64 is what base64 makes of value wherever it stands in a longer text: its bytes
// can begin at three places of a group. Of the first and the last characters, which
// depend on what stands beside it, it has only those that do not. What is shorter than
// minSecret is left out.
func inBase64(value string) []string {
	var encoded []string
	for before := range 3 {
		text := strings.Repeat("x", before) + value
		first, last := (before*8+5)/6, len(text)*8/6
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if part := encoding.EncodeToString([]byte(text))[first:last]; len(part) >= minSecret {
				encoded = append(encoded, part)
			}
		}
	}
	return encoded
}
