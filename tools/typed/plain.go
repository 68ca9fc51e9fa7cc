package typed

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"access-policy-mcp/internal/jsonscan"
)

// Most arguments are in order and plainly written. plainRules, derived from the published
// schema, accept those; what they do not accept is left to the validator, which costs far
// more and is first compiled then. FuzzPlain holds that they accept nothing that it refuses.

// plainRules are what plain arguments follow.
type plainRules struct {
	rules    map[string]*plainRule // of the arguments that can be plain
	required []string
	defaults []plainValue
}

// plainValue is an argument with a value that its rule accepts.
type plainValue struct {
	rule *plainRule
	json []byte
}

// plainRule is what the value of an argument follows. It has no other keywords of JSON
// Schema than these.
type plainRule struct {
	Type      string
	MinLength int
	MaxLength *int
	Pattern   string
	Minimum   *int64
	Maximum   *int64
	Enum      []string

	Default            any // says nothing about values, nor do these:
	Title, Description string
	Examples           []any

	name  string
	field []int  // of the struct that the arguments are read into
	class []rune // pairs of bounds: what the pattern admits
}

// newPlainRules derives rules for arguments that are read into a struct. It returns nil if
// there can be none.
func newPlainRules(schema json.RawMessage, defaults map[string]any, input reflect.Type) *plainRules {
	var object struct {
		Type                 string
		Properties           map[string]json.RawMessage
		Required             []string
		AdditionalProperties bool
	}
	if !decodeAll(schema, &object) || object.Type != "object" {
		return nil
	}
	r := &plainRules{rules: map[string]*plainRule{}, required: object.Required}
	for _, field := range reflect.VisibleFields(input) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		rule := &plainRule{name: name, field: field.Index}
		if decodeAll(object.Properties[name], rule) && rule.prepare(field.Type) {
			r.rules[name] = rule
		}
	}
	for name, value := range defaults {
		data, err := json.Marshal(value)
		rule := r.rules[name]
		if err != nil || rule == nil || !rule.accepts(data) {
			return nil
		}
		r.defaults = append(r.defaults, plainValue{rule, data})
	}
	return r
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// decodeAll decodes an object. It is false if the object has members that the target does
// not have.
func decodeAll(data json.RawMessage, target any) bool {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder.Decode(target) == nil
}

// prepare reads the pattern. It is false if the rule is none for plain values of a field of
// type t.
func (r *plainRule) prepare(t reflect.Type) bool {
	kinds := map[string]reflect.Kind{"string": reflect.String, "integer": reflect.Int, "boolean": reflect.Bool}
	if kind, ok := kinds[r.Type]; !ok || t.Kind() != kind || reflect.PointerTo(t).Implements(unmarshaler) {
		return false
	}
	if r.Pattern == "" {
		return true
	}
	expression, err := syntax.Parse(r.Pattern, syntax.Perl)
	if err != nil || r.Type != "string" || expression.Op != syntax.OpConcat || len(expression.Sub) != 3 {
		return false
	}
	begin, repeated, end := expression.Sub[0], expression.Sub[1], expression.Sub[2]
	if begin.Op != syntax.OpBeginText || end.Op != syntax.OpEndText || repeated.Op != syntax.OpPlus || repeated.Sub[0].Op != syntax.OpCharClass {
		return false
	}
	r.class = repeated.Sub[0].Rune
	return true
}

var errNotPlain = errors.New("not plain")

// decode reads arguments, which are valid JSON, into a struct. It is false if they are not
// plain: what is in the struct then has no meaning.
func (r *plainRules) decode(arguments json.RawMessage, input reflect.Value) bool {
	if r == nil {
		return false
	}
	for _, value := range r.defaults {
		value.rule.set(input, value.json)
	}
	given := make([]string, 0, 8)
	err := jsonscan.Fields(arguments, func(name, value []byte) error {
		rule := r.rules[string(name)]
		if rule == nil || slices.Contains(given, rule.name) || !rule.accepts(value) {
			return errNotPlain
		}
		given = append(given, rule.name)
		rule.set(input, value)
		return nil
	})
	return err == nil && !slices.ContainsFunc(r.required, func(name string) bool { return !slices.Contains(given, name) })
}

// set reads a value that the rule accepts into its field.
func (r *plainRule) set(input reflect.Value, value []byte) {
	switch field := input.FieldByIndex(r.field); r.Type {
	case "string":
		field.SetString(string(value[1 : len(value)-1]))
	case "integer":
		n, _ := strconv.ParseInt(string(value), 10, 64) // it is accepted
		field.SetInt(n)
	default:
		field.SetBool(string(value) == "true")
	}
}

func (r *plainRule) accepts(value []byte) bool {
	switch r.Type {
	case "string":
		return r.acceptsString(value)
	case "integer":
		n, err := strconv.ParseInt(string(value), 10, 64)
		return err == nil && string(value) != "-0" && n > -1<<53 && n < 1<<53 && (r.Minimum == nil || n >= *r.Minimum) && (r.Maximum == nil || n <= *r.Maximum) && r.Enum == nil
	default:
		return (string(value) == "true" || string(value) == "false") && r.Enum == nil
	}
}

// acceptsString accepts printable ASCII without escapes, and without spaces around it.
func (r *plainRule) acceptsString(value []byte) bool {
	if len(value) < 2 || value[0] != '"' {
		return false
	}
	s := value[1 : len(value)-1]
	if len(s) < r.MinLength || r.MaxLength != nil && len(s) > *r.MaxLength || len(bytes.TrimSpace(s)) < len(s) {
		return false
	}
	if r.class != nil && len(s) == 0 {
		return false
	}
	for _, c := range s {
		if !r.admits(c) {
			return false
		}
	}
	return r.Enum == nil || slices.Contains(r.Enum, string(s))
}

// admits reports whether a plain string may have the character c.
func (r *plainRule) admits(c byte) bool {
	if c < ' ' || c > '~' || c == '\\' {
		return false
	}
	for i := 0; i < len(r.class); i += 2 {
		if r.class[i] <= rune(c) && rune(c) <= r.class[i+1] {
			return true
		}
	}
	return r.class == nil
}
