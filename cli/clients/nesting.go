package clients

import "bytes"

// maxNesting is how deep a JSON file may nest: its parser is recursive without a limit.
// Those of TOML and YAML have limits of their own.
const maxNesting = 1000

// nestsTooDeeply reports whether JSON with comments nests deeper than that. Brackets in
// texts and in comments do not count, and neither do quotation marks in comments.
func nestsTooDeeply(data []byte) bool {
	depth := 0
	for i := 0; i < len(data) && depth <= maxNesting; i++ {
		switch data[i] {
		case '"':
			i = textEnd(data, i)
		case '/':
			i = commentEnd(data, i)
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
	}
	return depth > maxNesting
}

// textEnd is where the text ends that begins with the quotation mark at a position.
func textEnd(data []byte, at int) int {
	for at++; at < len(data) && data[at] != '"'; at++ {
		if data[at] == '\\' {
			at++
		}
	}
	return at
}

// commentEnd is where the comment ends that begins at a position; the position itself if
// none does.
func commentEnd(data []byte, at int) int {
	const opening = len("//")
	var end string
	switch {
	case bytes.HasPrefix(data[at:], []byte("//")):
		end = "\n"
	case bytes.HasPrefix(data[at:], []byte("/*")):
		end = "*/"
	default:
		return at
	}
	i := bytes.Index(data[at+opening:], []byte(end))
	if i < 0 {
		return len(data)
	}
	return at + opening + i + len(end) - 1
}
