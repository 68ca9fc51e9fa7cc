package clients

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// yamlFormat is YAML. The parser finds the lines, and the text is changed there.
type yamlFormat struct{}

func (yamlFormat) nullIsEmpty() bool { return true }

// parseYAML returns the mapping that a file is; nil if it is empty.
func parseYAML(data []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, more yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err == nil {
		if next := decoder.Decode(&more); next == nil {
			return nil, errors.New("the file has several YAML documents")
		} else if !errors.Is(next, io.EOF) {
			err = next
		}
	}
	if err != nil {
		return nil, errors.New("the file is not valid YAML: " + strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(document.Content) == 0 || isNull(document.Content[0]) {
		return nil, nil
	}
	if document.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("the file does not hold a mapping")
	}
	return document.Content[0], nil
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null" }

func (yamlFormat) decode(data []byte, path []string) (map[string]any, error) {
	_, data = cutMark(data)
	root, err := parseYAML(data)
	if err != nil || root == nil {
		return nil, err
	}
	for at, i := root, 0; i < len(path) && at != nil && at.Kind == yaml.MappingNode; i++ {
		_, value, err := pairOf(at, path[i])
		if err != nil {
			return nil, err
		}
		at = value
	}
	var document map[string]any
	if err := root.Decode(&document); err != nil {
		return nil, errors.New("the file is not valid YAML: " + strings.TrimPrefix(err.Error(), "yaml: "))
	}
	return numbersAsText(document).(map[string]any), nil
}

// pairOf is the key and the value of a mapping; nil if there is no such key.
func pairOf(mapping *yaml.Node, name string) (key, value *yaml.Node, err error) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value != name {
			continue
		}
		if key != nil {
			return nil, nil, fmt.Errorf("the key %q is there twice: remove one of them", name)
		}
		key, value = mapping.Content[i], mapping.Content[i+1]
	}
	return key, value, nil
}

// yamlLines are the lines of a file, each with its end.
type yamlLines struct {
	lines []string
	end   string
}

func linesOf(data []byte) yamlLines {
	l := yamlLines{end: lineEnd(data)}
	for line := range bytes.Lines(data) {
		l.lines = append(l.lines, string(line))
	}
	return l
}

func (l yamlLines) replaced(from, to int, lines ...string) []byte {
	all := slices.Concat(l.lines[:from], lines, l.lines[to:])
	if len(lines) > 0 && from > 0 && !strings.HasSuffix(l.lines[from-1], "\n") {
		all[from-1] += l.end
	}
	return []byte(strings.Join(all, ""))
}

// indentOf is the number of spaces that a line begins with; -1 if there is nothing else on
// it but a comment.
func indentOf(line string) int {
	text := strings.TrimLeft(line, " ")
	if trimmed := strings.TrimSpace(text); trimmed == "" || trimmed[0] == '#' {
		return -1
	}
	return len(line) - len(text)
}

// extent are the lines of a pair of a mapping in block style, without comments and empty
// lines behind it.
func (l yamlLines) extent(key, value *yaml.Node) (from, to int) {
	from = key.Line - 1
	to = from + 1
	for i := to; i < len(l.lines); i++ {
		indent := indentOf(l.lines[i])
		item := value.Kind == yaml.SequenceNode && indent == key.Column-1 && strings.HasPrefix(l.lines[i][indent:], "-")
		if indent >= 0 && indent < key.Column && !item {
			break
		}
		if indent >= 0 {
			to = i + 1
		}
	}
	return from, to
}

func (f yamlFormat) set(data []byte, path []string, value any) ([]byte, error) {
	mark, data := cutMark(data)
	changed, err := f.setIn(data, path, value)
	return append([]byte(mark), changed...), err
}

func (f yamlFormat) setIn(data []byte, path []string, value any) ([]byte, error) {
	at, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	l := linesOf(data)
	if at == nil {
		return l.replaced(len(l.lines), len(l.lines), blockLines(0, defaultUnit, path[0], nest(path[1:], value), l.end)...), nil
	}
	if at.Style&yaml.FlowStyle != 0 {
		return nil, errUnusual
	}
	unit := unitOf(at)
	key, next, err := pairOf(at, path[0])
	if err != nil {
		return nil, err
	}
	if key == nil {
		return l.replaced(len(l.lines), len(l.lines), blockLines(0, unit, path[0], nest(path[1:], value), l.end)...), nil
	}
	for i := 1; i < len(path); i++ {
		switch {
		case isNull(next) || next.Kind == yaml.MappingNode && len(next.Content) == 0:
			return l.fill(key, next, blockLines(key.Column-1+unit, unit, path[i], nest(path[i+1:], value), l.end))
		case next.Kind != yaml.MappingNode || next.Style&yaml.FlowStyle != 0:
			return nil, errUnusual
		}
		inner, innerValue, err := pairOf(next, path[i])
		if err != nil {
			return nil, err
		}
		if inner == nil {
			line := key.Line // the one after that of the key
			return l.replaced(line, line, blockLines(next.Content[0].Column-1, unit, path[i], nest(path[i+1:], value), l.end)...), nil
		}
		key, next = inner, innerValue
	}
	return l.overwrite(key, next, unit, value), nil
}

// defaultUnit is by how much a new file indents.
const defaultUnit = 2

// unitOf is by how much a file indents.
func unitOf(root *yaml.Node) int {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if value := root.Content[i+1]; value.Kind == yaml.MappingNode && value.Style&yaml.FlowStyle == 0 && len(value.Content) > 0 {
			return max(value.Content[0].Column-root.Content[i].Column, 1)
		}
	}
	return defaultUnit
}

// fill puts lines below a key whose value is empty: nothing, null or {}.
func (l yamlLines) fill(key, value *yaml.Node, lines []string) ([]byte, error) {
	if value.Line == key.Line && (value.Style&yaml.FlowStyle != 0 || value.Value != "") {
		line := l.lines[key.Line-1]
		before, after := line[:min(value.Column-1, len(line))], line[min(value.Column-1, len(line)):]
		empty := value.Value
		if value.Kind == yaml.MappingNode {
			empty = "{}"
		}
		rest, ok := strings.CutPrefix(after, empty)
		if !ok {
			return nil, errUnusual
		}
		l.lines[key.Line-1] = strings.TrimRight(before, " ") + rest
	}
	return l.replaced(key.Line, key.Line, lines...), nil
}

// overwrite gives a pair another value. A comment behind a short one stays.
func (l yamlLines) overwrite(key, value *yaml.Node, unit int, with any) []byte {
	from, to := l.extent(key, value)
	lines := blockLines(key.Column-1, unit, key.Value, with, l.end)
	line := strings.TrimRight(l.lines[from], "\r\n")
	if comment := value.LineComment; comment != "" && to == from+1 && len(lines) == 1 && strings.HasSuffix(line, comment) {
		before := strings.TrimSuffix(line, comment)
		space := before[len(strings.TrimRight(before, " \t")):]
		lines[0] = strings.TrimSuffix(lines[0], l.end) + space + comment + l.end
	}
	return l.replaced(from, to, lines...)
}

func (f yamlFormat) remove(data []byte, path []string) ([]byte, error) {
	mark, data := cutMark(data)
	at, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	l := linesOf(data)
	for i, name := range path {
		if at == nil || at.Kind != yaml.MappingNode {
			break
		}
		key, value, err := pairOf(at, name)
		if err != nil {
			return nil, err
		}
		if key == nil {
			break
		}
		if i == len(path)-1 {
			if at.Style&yaml.FlowStyle != 0 {
				return nil, errUnusual
			}
			from, to := l.extent(key, value)
			return append([]byte(mark), l.replaced(from, to)...), nil
		}
		at = value
	}
	return append([]byte(mark), data...), nil
}

func (yamlFormat) commented(data []byte) bool {
	_, data = cutMark(data)
	return bytes.Contains(data, []byte("#"))
}

func (yamlFormat) block(o object) string {
	var text strings.Builder
	for _, m := range o {
		text.WriteString(strings.Join(blockLines(0, defaultUnit, m.key, m.value, "\n"), ""))
	}
	return text.String()
}

// blockLines are the lines of a pair in block style. Lists stay on one line.
func blockLines(indent, unit int, key string, value any, end string) []string {
	start := strings.Repeat(" ", indent) + quoteYAML(key) + ":"
	o, ok := value.(object)
	if !ok || len(o) == 0 {
		return []string{start + " " + encodeYAML(value) + end}
	}
	lines := []string{start + end}
	for _, m := range o {
		lines = append(lines, blockLines(indent+unit, unit, m.key, m.value, end)...)
	}
	return lines
}

func encodeYAML(value any) string {
	switch v := value.(type) {
	case object:
		return "{}"
	case []string:
		var texts []string
		for _, text := range v {
			texts = append(texts, quoteYAML(text))
		}
		return "[" + strings.Join(texts, ", ") + "]"
	case string:
		return quoteYAML(v)
	default:
		return fmt.Sprint(v)
	}
}

// isPlain reports whether YAML takes a text for nothing but a text without quotes. Some
// words are values of other kinds, by version.
func isPlain(text string) bool {
	words := []string{"true", "false", "yes", "no", "on", "off", "null", "y", "n", "inf", "nan"}
	return text != "" && strings.Contains(letters+"/", text[:1]) && strings.Trim(text, letters+digits+"_./-") == "" &&
		!slices.Contains(words, strings.ToLower(text))
}

// quoteYAML is a text as YAML, which understands what is quoted as in JSON.
func quoteYAML(text string) string {
	if isPlain(text) {
		return text
	}
	return strings.ReplaceAll(quoteJSON(text), "\x7f", `\x7F`)
}
