package typed

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// ArgumentError says in plain words what is wrong with the arguments of a call.
type ArgumentError struct {
	// Faults has one text for each, such as "page: must be at least 1, but is 0". It
	// is never empty. What a client sent is repeated in it, shortened.
	Faults []string
}

// Error lists the faults.
func (e *ArgumentError) Error() string { return strings.Join(e.Faults, "; ") }

// Arguments read the arguments of calls into the struct Input.
type Arguments[Input any] struct {
	schema       json.RawMessage
	names        []string
	defaults     map[string]any
	patternWords map[string]string
	plain        func() *plainRules
	compiled     func() (*jsonschema.Schema, error)
}

// NewArguments makes the schema of Input. It panics if Input is no struct of types
// that JSON has.
func NewArguments[Input any](options Options) *Arguments[Input] {
	schema := inputSchema[Input](options)
	a := &Arguments[Input]{
		names:        slices.Collect(schema.Properties.KeysFromOldest()),
		schema:       marshalSchema(schema),
		defaults:     maps.Clone(options.Defaults),
		patternWords: options.PatternWords,
	}
	maps.DeleteFunc(a.defaults, func(name string, _ any) bool { return !slices.Contains(a.names, name) })
	// Both are left to the first call, because clients start a server long before they
	// call it, and wait for it to start.
	a.plain = sync.OnceValue(func() *plainRules { return newPlainRules(a.schema, a.defaults, reflect.TypeFor[Input]()) })
	a.compiled = sync.OnceValues(func() (*jsonschema.Schema, error) { return compile(a.schema) })
	return a
}

// Schema is the published schema.
func (a *Arguments[Input]) Schema() json.RawMessage { return a.schema }

// Decode checks arguments, a JSON object, against the schema and reads them. White
// space around strings is dropped, and whole numbers may be written in any way. The
// error is an [*ArgumentError], unless the schema itself is wrong.
func (a *Arguments[Input]) Decode(raw json.RawMessage) (Input, error) {
	var plain Input
	if json.Valid(raw) && a.plain().decode(raw, reflect.ValueOf(&plain).Elem()) {
		return plain, nil
	}
	return a.decodeAny(raw)
}

// decodeAny decodes arguments that may be anything.
func (a *Arguments[Input]) decodeAny(raw json.RawMessage) (Input, error) {
	var input Input
	value, err := parse(raw)
	if err != nil {
		return input, err
	}
	if object, ok := value.(map[string]any); ok {
		for name, value := range object {
			object[name] = normalized(value)
		}
		for name, value := range a.defaults {
			if _, ok := object[name]; !ok {
				object[name] = value
			}
		}
	}
	if err := a.validate(value); err != nil {
		return input, err
	}
	data, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(data, &input)
	}
	if err != nil {
		return input, &ArgumentError{[]string{unreadable(err)}}
	}
	return input, nil
}

// unreadable words an error of Go's decoder, which admits less than a schema without
// limits, such as no whole number of more than 64 bits.
func unreadable(err error) string {
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && mismatch.Field != "" {
		return shortened(mismatch.Field) + ": this value cannot be read"
	}
	return "the arguments cannot be read"
}

// parse keeps numbers as they are written. No arguments at all are an empty object
// (MCP specification, "Calling Tools": arguments is optional).
func parse(raw json.RawMessage) (any, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return map[string]any{}, nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, &ArgumentError{[]string{"the arguments are not JSON"}}
	}
	return value, nil
}

// normalized is an argument without what is not worth a refusal: white space
// around strings, and notations such as 45.0, which JSON Schema takes for an
// integer but Go's decoder does not. Objects are left alone.
func normalized(value any) any {
	switch v := value.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		if f, err := v.Float64(); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return json.Number(strconv.FormatInt(int64(f), 10))
		}
	case []any:
		for i := range v {
			v[i] = normalized(v[i])
		}
	}
	return value
}
