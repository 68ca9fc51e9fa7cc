package typed

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/invopop/jsonschema"
)

// shelf has arguments for which there are rules, and some for which there are none.
type shelf struct {
	ID       code     `json:"id"`
	Name     string   `json:"name,omitempty" jsonschema:"minLength=2,maxLength=5"`
	Level    int      `json:"level,omitempty" jsonschema:"minimum=0,maximum=600"`
	Depth    int64    `json:"depth,omitempty"`
	Kind     string   `json:"kind,omitempty" jsonschema:"enum=open,enum=closed"`
	Locked   bool     `json:"locked,omitempty"`
	Label    string   `json:"label,omitempty" jsonschema:"pattern=^[A-Z][a-z]$"`
	Length   float64  `json:"length,omitempty"`
	Contents []string `json:"contents,omitempty"`
	Size     size     `json:"size,omitempty"`
}

// size has a notation of its own.
type size int

func (s *size) UnmarshalJSON([]byte) error { *s = 42; return nil }

type code string

func (code) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", MinLength: new(uint64(1)), MaxLength: new(uint64(4)), Pattern: "^[A-Za-z0-9_-]+$"}
}

// arguments that are plain, and others.
var plain, notPlain = []string{
	`{"id":"a-_1"}`, ` { "id" : "1" , "name" : "a c" } `, `{"id":"1","level":0}`, `{"level":600,"id":"1","locked":true,"kind":"open"}`, `{"id":"1","name":"<&>"}`,
}, []string{
	``, `null`, `[]`, `"id"`, `{`, `{}`, `{"id":"1"} {}`, `{"ID":"1"}`, `{"id":"1","more":1}`, `{"id":"1","id":"2"}`, `{"id":""}`, `{"id":"12345"}`, `{"id":"a.b"}`, `{"id":" a"}`,
	`{"id":"\u0061"}`, `{"id":"1","name":"é!"}`, `{"id":"1","name":"a"}`, `{"id":"1","level":601}`, `{"id":"1","level":-1}`, `{"id":"1","level":1.0}`, `{"id":"1","level":1e1}`, `{"id":"1","level":-0}`,
	`{"id":"1","level":"1"}`, `{"id":"1","level":null}`, `{"id":"1","depth":1}`, `{"id":"1","depth":9007199254740993}`, `{"id":"1","size":1}`, `{"id":"1","kind":"shut"}`, `{"id":"1","locked":"true"}`, `{"id":"1","label":"Ab"}`,
	`{"id":"1","length":1}`, `{"id":"1","contents":["x"]}`, "{\"id\":\"1\xff\"}",
}

// TestPlain: the rules accept what is plain, so that the validator is not needed for it.
func TestPlain(t *testing.T) {
	rules := NewArguments[shelf](Options{}).plain()
	for _, arguments := range plain {
		if !rules.decode(json.RawMessage(arguments), reflect.ValueOf(&shelf{}).Elem()) {
			t.Errorf("%s is not accepted", arguments)
		}
	}
	for _, arguments := range notPlain {
		if json.Valid([]byte(arguments)) && rules.decode(json.RawMessage(arguments), reflect.ValueOf(&shelf{}).Elem()) {
			t.Errorf("%s is accepted", arguments)
		}
	}
}

// TestPlainDefaults: a default counts like an argument, and one that is not plain is left
// to the validator.
func TestPlainDefaults(t *testing.T) {
	for value, want := range map[any]bool{"1": true, "a.b": false, 1: false} {
		var got shelf
		rules := NewArguments[shelf](Options{Defaults: map[string]any{"id": value}}).plain()
		if ok := rules.decode(json.RawMessage(`{"level":1}`), reflect.ValueOf(&got).Elem()); ok != want || ok && (got.ID != "1" || got.Level != 1) {
			t.Errorf("default %v: %t, %+v", value, ok, got)
		}
	}
}

// FuzzPlain: what the rules accept, the validator accepts too, and both read the same.
func FuzzPlain(f *testing.F) {
	for _, arguments := range append(plain, notPlain...) {
		f.Add(arguments, false)
		f.Add(arguments, true)
	}
	without, with := NewArguments[shelf](Options{}), NewArguments[shelf](Options{Defaults: map[string]any{"id": "12", "level": 3}})
	f.Fuzz(func(t *testing.T, arguments string, defaults bool) {
		a, raw := without, json.RawMessage(arguments)
		if defaults {
			a = with
		}
		var got shelf
		if !json.Valid(raw) || !a.plain().decode(raw, reflect.ValueOf(&got).Elem()) {
			t.Skip("not plain")
		}
		want, err := a.decodeAny(raw)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v; error %v", arguments, got, want, err)
		}
	})
}
