package clients

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlFormat is TOML. The parser finds the places, and the text is changed there.
type tomlFormat struct{}

func (tomlFormat) nullIsEmpty() bool { return false }

func (tomlFormat) decode(data []byte, _ []string) (map[string]any, error) {
	_, data = cutMark(data)
	var document map[string]any
	if err := toml.Unmarshal(data, &document); err != nil {
		words := strings.TrimPrefix(err.Error(), "toml: ")
		if wrong, ok := errors.AsType[*toml.DecodeError](err); ok {
			line, _ := wrong.Position()
			words = fmt.Sprintf("line %d: %s", line, words)
		}
		return nil, errors.New("the file is not valid TOML: " + words)
	}
	if document == nil {
		document = map[string]any{}
	}
	return numbersAsText(document).(map[string]any), nil
}

// expression is a line of a TOML file, or the lines of a value that takes several.
type expression struct {
	from, to           int      // of the lines, with their end
	header             bool     // [table] or [[table]]
	table              []string // that it is in, or that it begins
	path               []string // of what it sets, with the table; of a header, the table
	valueFrom, valueTo int      // of the value
	inline             bool     // the value is an inline table
	inList             bool     // in an array of tables: no path leads there
}

// parseTOML finds the expressions of a valid file.
func parseTOML(data []byte) []expression {
	var parser unstable.Parser
	parser.Reset(data)
	var list []expression
	var table []string
	inList := false
	for parser.NextExpression() {
		node := parser.Expression()
		var keys []string
		from, end := 0, 0
		for key := node.Key(); key.Next(); {
			raw := key.Node().Raw
			if keys == nil {
				from = int(raw.Offset)
			}
			end = int(raw.Offset + raw.Length)
			keys = append(keys, string(key.Node().Data))
		}
		e := expression{from: lineStart(data, from), inList: inList}
		switch node.Kind {
		case unstable.Table, unstable.ArrayTable:
			table, inList = keys, node.Kind == unstable.ArrayTable
			e.header, e.path, e.inList = true, keys, inList
		default:
			e.path = append(slices.Clone(table), keys...)
			equals := end + bytes.IndexByte(data[end:], '=') + 1
			e.valueFrom = equals + len(data[equals:]) - len(bytes.TrimLeft(data[equals:], " \t"))
			end = int(node.Raw.Offset + node.Raw.Length)
			e.valueTo = e.valueFrom + len(bytes.TrimRight(data[e.valueFrom:end], " \t"))
			e.inline = node.Value().Kind == unstable.InlineTable
		}
		e.table = table
		e.to = len(data)
		if i := bytes.IndexByte(data[end:], '\n'); i >= 0 {
			e.to = end + i + 1
		}
		list = append(list, e)
	}
	return list
}

// under reports whether what is set is at a path or below it.
func (e expression) under(path []string) bool {
	return !e.inList && len(e.path) >= len(path) && slices.Equal(e.path[:len(path)], path)
}

func (f tomlFormat) set(data []byte, path []string, value any) ([]byte, error) {
	mark, data := cutMark(data)
	expressions := parseTOML(data)
	var changed []byte
	if i := slices.IndexFunc(expressions, func(e expression) bool {
		return e.inline && !e.inList && len(e.path) < len(path) && slices.Equal(path[:len(e.path)], e.path)
	}); i >= 0 {
		return f.setInline(mark, data, expressions[i], func(table map[string]any) { put(table, path[len(expressions[i].path):], decoded(value)) })
	}
	if i := slices.IndexFunc(expressions, func(e expression) bool { return !e.header && e.under(path) && len(e.path) == len(path) }); i >= 0 {
		e := expressions[i]
		changed = spliced(data, splice{e.valueFrom, e.valueTo, encodeTOML(value)})
	} else if o, ok := value.(object); ok {
		changed = insertTable(data, expressions, path, o)
	} else {
		changed = insertKey(data, expressions, path, value)
	}
	return append([]byte(mark), changed...), nil
}

// insertKey adds a value to a table behind the others in it, or with a new table.
func insertKey(data []byte, expressions []expression, path []string, value any) []byte {
	parent := path[:len(path)-1]
	last := -1
	for i, e := range expressions {
		if e.header && !e.inList && slices.Equal(e.path, parent) || !e.header && e.under(parent) && len(e.table) <= len(parent) {
			last = i
		}
	}
	if last < 0 {
		return insertTable(data, expressions, parent, object{{path[len(path)-1], value}})
	}
	e := expressions[last]
	end := lineEnd(data)
	line := indentAt(data, e.from) + tomlKey(path[len(e.table):]) + " = " + encodeTOML(value) + end
	if !bytes.HasSuffix(data[:e.to], []byte("\n")) {
		line = end + line
	}
	return spliced(data, splice{e.to, e.to, line})
}

// insertTable adds a table behind those that belong to the same entry, or at the end.
func insertTable(data []byte, expressions []expression, path []string, o object) []byte {
	place := len(data)
	for _, e := range expressions {
		if len(path) > 2 && e.under(path[:2]) {
			place = e.to
		}
	}
	end := lineEnd(data)
	var text strings.Builder
	switch before := data[:place]; {
	case blank(before):
	case !bytes.HasSuffix(before, []byte("\n")):
		text.WriteString(end + end)
	case !bytes.HasSuffix(before, []byte("\n\n")) && !bytes.HasSuffix(before, []byte("\n\r\n")):
		text.WriteString(end)
	}
	writeTable(&text, path, o, end)
	return spliced(data, splice{place, place, text.String()})
}

// writeTable writes a table, and the objects in it as tables of their own.
func writeTable(text *strings.Builder, path []string, o object, end string) {
	text.WriteString("[" + tomlKey(path) + "]" + end)
	for _, m := range o {
		if _, ok := m.value.(object); !ok {
			text.WriteString(tomlKey([]string{m.key}) + " = " + encodeTOML(m.value) + end)
		}
	}
	for _, m := range o {
		if inner, ok := m.value.(object); ok {
			text.WriteString(end)
			writeTable(text, append(slices.Clone(path), m.key), inner, end)
		}
	}
}

func (f tomlFormat) remove(data []byte, path []string) ([]byte, error) {
	mark, data := cutMark(data)
	expressions := parseTOML(data)
	for _, e := range expressions {
		if e.inline && !e.inList && len(e.path) < len(path) && slices.Equal(path[:len(e.path)], e.path) {
			return f.setInline(mark, data, e, func(table map[string]any) { drop(table, path[len(e.path):]) })
		}
	}
	var splices []splice
	for i := 0; i < len(expressions); i++ {
		first := expressions[i]
		if !first.under(path) {
			continue
		}
		last := first
		for i+1 < len(expressions) && expressions[i+1].under(path) {
			i++
			last = expressions[i]
		}
		splices = append(splices, splice{withoutBlankLine(data, first, last), last.to, ""})
	}
	return append([]byte(mark), spliced(data, splices...)...), nil
}

// withoutBlankLine is where to begin with the removal of lines: with the blank line before
// them, if there would be two in a row else, or one at the end.
func withoutBlankLine(data []byte, first, last expression) int {
	if !first.header || first.from == 0 {
		return first.from
	}
	before := lineStart(data, first.from-1)
	rest := data[last.to:]
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	if blank(data[before:first.from]) && (len(rest) == 0 || blank(line)) {
		return before
	}
	return first.from
}

// setInline gives an inline table that an expression sets its new members. One that holds
// all servers is left alone: the values of the others would be written anew.
func (f tomlFormat) setInline(mark string, data []byte, e expression, change func(map[string]any)) ([]byte, error) {
	if len(e.path) < 2 {
		return nil, errUnusual
	}
	document, err := f.decode(data, nil)
	if err != nil {
		return nil, err
	}
	var at any = document
	for _, key := range e.path {
		table, _ := at.(map[string]any)
		at = table[key]
	}
	table, ok := at.(map[string]any)
	if !ok || bytes.Contains(data[e.valueFrom:e.valueTo], []byte("\n")) {
		return nil, errUnusual
	}
	change(table)
	return append([]byte(mark), spliced(data, splice{e.valueFrom, e.valueTo, encodeTOML(table)})...), nil
}

// put sets what is at a path in maps.
func put(at map[string]any, path []string, value any) {
	for _, key := range path[:len(path)-1] {
		next, ok := at[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[key] = next
		}
		at = next
	}
	at[path[len(path)-1]] = value
}

// drop deletes what is at a path in maps.
func drop(at map[string]any, path []string) {
	for _, key := range path[:len(path)-1] {
		at, _ = at[key].(map[string]any)
	}
	delete(at, path[len(path)-1])
}

// commented reports whether there is a "#" outside of what the parser takes for a value.
func (tomlFormat) commented(data []byte) bool {
	_, data = cutMark(data)
	parser := unstable.Parser{KeepComments: true}
	parser.Reset(data)
	for parser.NextExpression() {
		for node := parser.Expression(); node != nil && node.Valid(); node = node.Next() {
			if node.Kind == unstable.Comment {
				return true
			}
		}
	}
	return false
}

func (tomlFormat) block(o object) string {
	var text strings.Builder
	for _, m := range o {
		for _, entry := range m.value.(object) {
			writeTable(&text, []string{m.key, entry.key}, entry.value.(object), "\n")
		}
	}
	return text.String()
}

// bareCharacters are those of keys that need no quotes.
const bareCharacters = letters + digits + "_-"

func tomlKey(path []string) string {
	var parts []string
	for _, key := range path {
		if key == "" || strings.Trim(key, bareCharacters) != "" {
			key = quoteTOML(key)
		}
		parts = append(parts, key)
	}
	return strings.Join(parts, ".")
}

// encodeTOML writes a value on one line.
func encodeTOML(value any) string {
	var parts []string
	switch v := value.(type) {
	case object:
		for _, m := range v {
			parts = append(parts, tomlKey([]string{m.key})+" = "+encodeTOML(m.value))
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, tomlKey([]string{key})+" = "+encodeTOML(v[key]))
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	case []any:
		for _, item := range v {
			parts = append(parts, encodeTOML(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []string:
		for _, text := range v {
			parts = append(parts, quoteTOML(text))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return quoteTOML(v)
	default:
		return fmt.Sprint(v)
	}
}

// quoteTOML is a text as TOML, whose escapes are those of JSON.
func quoteTOML(text string) string {
	return strings.ReplaceAll(quoteJSON(text), "\x7f", `\u007F`)
}
