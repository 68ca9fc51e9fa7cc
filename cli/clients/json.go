package clients

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tailscale/hujson"
)

// jsonFormat is JSON, with comments and trailing commas where the client allows them.
type jsonFormat struct{}

func (jsonFormat) nullIsEmpty() bool { return false }

// parseJSON parses a file without its byte order mark. An empty one is an empty object.
func parseJSON(data []byte) (hujson.Value, error) {
	if nestsTooDeeply(data) {
		return hujson.Value{}, errors.New("the file is nested too deeply")
	}
	value, err := hujson.Parse(data)
	if err != nil {
		return value, errors.New("the file is not valid JSON: " + strings.TrimPrefix(err.Error(), "hujson: "))
	}
	return value, nil
}

func blank(data []byte) bool { return len(bytes.TrimSpace(data)) == 0 }

func (jsonFormat) decode(data []byte, path []string) (map[string]any, error) {
	_, data = cutMark(data)
	if blank(data) {
		return nil, nil
	}
	root, err := parseJSON(data)
	if err != nil {
		return nil, err
	}
	at := root
	for _, key := range path {
		o, ok := at.Value.(*hujson.Object)
		if !ok {
			break
		}
		i, err := memberOf(o, key)
		if err != nil {
			return nil, err
		}
		if i < 0 {
			break
		}
		at = o.Members[i].Value
	}
	root = root.Clone()
	root.Standardize()
	decoder := json.NewDecoder(bytes.NewReader(root.Pack()))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("the file is not valid JSON: %w", err)
	}
	document, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the file holds %s, but must hold an object", kindOf(value))
	}
	return numbersAsText(document).(map[string]any), nil
}

// numbersAsText makes every number its text, which loses nothing.
func numbersAsText(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = numbersAsText(v[key])
		}
	case []any:
		for i := range v {
			v[i] = numbersAsText(v[i])
		}
	case json.Number, int, int64, uint64:
		return number(fmt.Sprint(v))
	}
	return value
}

// number is a number of a file as it is written there.
type number string

// memberOf is the index of the member with a key; -1 if there is none.
func memberOf(o *hujson.Object, key string) (int, error) {
	found := -1
	for i, m := range o.Members {
		if name, ok := m.Name.Value.(hujson.Literal); !ok || name.String() != key {
			continue
		}
		if found >= 0 {
			return -1, fmt.Errorf("the key %q is there twice: remove one of them", key)
		}
		found = i
	}
	return found, nil
}

// memberIn finds a member of a value, which must be an object; index is -1 without one.
func memberIn(value hujson.Value, name string) (o *hujson.Object, index int, err error) {
	o, ok := value.Value.(*hujson.Object)
	if !ok {
		return nil, -1, fmt.Errorf("what is to hold %q is not an object", name)
	}
	index, err = memberOf(o, name)
	return o, index, err
}

func (f jsonFormat) set(data []byte, path []string, value any) ([]byte, error) {
	mark, data := cutMark(data)
	if blank(data) {
		end := lineEnd(data)
		text := encodeJSON(nest(path, value), style{indent: "", unit: "  ", end: end}) + end
		return []byte(mark + text), nil
	}
	at, err := parseJSON(data)
	if err != nil {
		return nil, err
	}
	for i, key := range path {
		o, index, err := memberIn(at, key)
		if err != nil {
			return nil, err
		}
		if index < 0 {
			return append([]byte(mark), insertMember(data, at, o, key, nest(path[i+1:], value))...), nil
		}
		at = o.Members[index].Value
	}
	s := styleOf(data)
	s.indent = indentAt(data, at.StartOffset)
	return append([]byte(mark), spliced(data, splice{at.StartOffset, at.EndOffset, encodeJSON(value, s)})...), nil
}

// style is how values are laid out. Without an end of lines they are on one line.
type style struct{ indent, unit, end string }

// styleOf is the style of a file: that of its first line that is indented.
func styleOf(data []byte) style {
	for line := range bytes.Lines(data) {
		text := bytes.TrimLeft(line, " \t")
		if indent := len(line) - len(text); indent > 0 && len(text) > 0 && (text[0] == '"' || text[0] == '{') {
			return style{unit: string(line[:indent]), end: lineEnd(data)}
		}
	}
	if bytes.Contains(bytes.TrimSpace(data), []byte("\n")) || len(bytes.TrimSpace(data)) <= len("{ }") {
		return style{unit: "  ", end: lineEnd(data)}
	}
	return style{}
}

// insertMember adds a member behind the others, laid out as they are.
func insertMember(data []byte, at hujson.Value, o *hujson.Object, key string, value any) []byte {
	s := styleOf(data)
	closing := at.EndOffset - 1
	if len(o.Members) == 0 {
		return spliced(data, firstMember(data, o, s, closing, key, value)...)
	}
	last := o.Members[len(o.Members)-1]
	trailing := last.Value.AfterExtra != nil // then there is a comma behind the last member
	from := last.Value.EndOffset
	var splices []splice
	if !trailing {
		splices = append(splices, splice{from, from, ","})
	}
	place := closing - len(o.AfterExtra) + len(bytes.TrimRight(o.AfterExtra, " \t\r\n"))
	model := -1 // the last member that has a line of its own
	for i, m := range o.Members {
		if bytes.Contains(m.Name.BeforeExtra, []byte("\n")) {
			model = i
		}
	}
	if model < 0 || s.end == "" {
		s.end = ""
		text := " " + quoteJSON(key) + ": " + encodeJSON(value, s)
		if len(last.Name.BeforeExtra) == 0 {
			text = quoteJSON(key) + ":" + encodeJSON(value, s)
		}
		if lineCommentLast(data[from:place]) {
			text = lineEnd(data) + text
		}
		return spliced(data, append(splices, splice{place, place, text + commaIf(trailing)})...)
	}
	s.indent = indentAt(data, o.Members[model].Name.StartOffset)
	text := s.end + s.indent + quoteJSON(key) + ": " + encodeJSON(value, s)
	return spliced(data, append(splices, splice{place, place, text + commaIf(trailing)})...)
}

func commaIf(trailing bool) string {
	if trailing {
		return ","
	}
	return ""
}

// firstMember are the splices that add a member to an object that has none.
func firstMember(data []byte, o *hujson.Object, s style, closing int, key string, value any) []splice {
	comments := bytes.TrimRight(o.AfterExtra, " \t\r\n")
	place := closing - len(o.AfterExtra) + len(comments)
	if s.end == "" && len(comments) == 0 {
		return []splice{{place, closing, quoteJSON(key) + ":" + encodeJSON(value, s)}}
	}
	if s.end == "" {
		s = style{unit: "  ", end: lineEnd(data)}
	}
	outer := indentAt(data, closing-len(o.AfterExtra))
	s.indent = outer + s.unit
	return []splice{{place, closing, s.end + s.indent + quoteJSON(key) + ": " + encodeJSON(value, s) + s.end + outer}}
}

// lineCommentLast reports whether text, which is white space and comments, ends inside of
// a comment that the end of the line ends.
func lineCommentLast(text []byte) bool {
	line := text[lineStart(text, len(text)):]
	return bytes.Contains(line, []byte("//")) && !bytes.HasSuffix(line, []byte("*/"))
}

func (jsonFormat) remove(data []byte, path []string) ([]byte, error) {
	mark, data := cutMark(data)
	at, err := parseJSON(data)
	if err != nil {
		return nil, err
	}
	for i, key := range path {
		o, index, err := memberIn(at, key)
		if err != nil || index < 0 {
			return append([]byte(mark), data...), err
		}
		if i == len(path)-1 {
			return append([]byte(mark), removeMember(data, at, o, index)...), nil
		}
		at = o.Members[index].Value
	}
	return nil, errUnusual
}

// removeMember takes a member away, with the white space before it and a comma. Comments
// stay: they may be about something else.
func removeMember(data []byte, at hujson.Value, o *hujson.Object, index int) []byte {
	m := o.Members[index]
	extra := m.Name.BeforeExtra
	from := m.Name.StartOffset - len(extra) + len(bytes.TrimRight(extra, " \t\r\n"))
	to := m.Value.EndOffset
	if index < len(o.Members)-1 || m.Value.AfterExtra != nil {
		comma := to + len(m.Value.AfterExtra)
		splices := []splice{{from, to, ""}, {comma, comma + 1, ""}}
		if lineCommentLast(data[m.Name.StartOffset-len(extra):from]) && !bytes.HasPrefix(bytes.TrimLeft(data[comma+1:], " \t"), []byte("\n")) && !bytes.HasPrefix(bytes.TrimLeft(data[comma+1:], " \t"), []byte("\r\n")) {
			splices[0].text = lineEnd(data)
		}
		if len(o.Members) == 1 && len(bytes.TrimSpace(data[comma+1:at.EndOffset-1])) == 0 && len(bytes.TrimSpace(extra)) == 0 {
			splices[1].to = at.EndOffset - 1
		}
		return spliced(data, splices...)
	}
	if index == 0 {
		if len(bytes.TrimSpace(extra)) == 0 && len(bytes.TrimSpace(o.AfterExtra)) == 0 {
			return spliced(data, splice{from, at.EndOffset - 1, ""})
		}
		return spliced(data, splice{m.Name.StartOffset, to, ""})
	}
	previous := o.Members[index-1].Value
	comma := previous.EndOffset + len(previous.AfterExtra)
	if lineCommentLast(data[comma+1:from]) && !bytes.HasPrefix(bytes.TrimLeft(data[to:], " \t\r"), []byte("\n")) {
		from = m.Name.StartOffset
	}
	return spliced(data, splice{comma, comma + 1, ""}, splice{from, to, ""})
}

func (jsonFormat) commented(data []byte) bool {
	_, data = cutMark(data)
	value, err := parseJSON(data)
	return err == nil && !value.IsStandard()
}

func (jsonFormat) block(o object) string { return encodeJSON(o, style{unit: "  ", end: "\n"}) + "\n" }

// encodeJSON writes a value. Lists stay on one line.
func encodeJSON(value any, s style) string {
	switch v := value.(type) {
	case object:
		if len(v) == 0 {
			return "{}"
		}
		inner := style{s.indent + s.unit, s.unit, s.end}
		colon := ": "
		before := inner.end + inner.indent
		after := s.end + s.indent
		if s.end == "" {
			colon, before, after = ":", "", ""
		}
		var members []string
		for _, m := range v {
			members = append(members, before+quoteJSON(m.key)+colon+encodeJSON(m.value, inner))
		}
		return "{" + strings.Join(members, ",") + after + "}"
	case []string:
		var texts []string
		for _, text := range v {
			texts = append(texts, quoteJSON(text))
		}
		return "[" + strings.Join(texts, ", ") + "]"
	case string:
		return quoteJSON(v)
	default:
		return fmt.Sprint(v)
	}
}

// quoteJSON is a text as JSON, in which < and & stay as they are.
func quoteJSON(text string) string {
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a text can always be encoded
	return strings.TrimSuffix(quoted.String(), "\n")
}
