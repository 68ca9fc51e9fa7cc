package cfapi

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzFields: of any object the fields are those that encoding/json finds.
func FuzzFields(f *testing.F) {
	for _, s := range []string{
		`{}`, ` { } `, `[]`, `null`, `7`, `"{}"`, `{"a":1}`, ` {"a" : "b" , "c":[1,{"d":"]}"}] } `, `{"a":{"b":{}},"a":null,"a":2}`, `{"\u0061":"\\\"","":""}`,
		`{"a":-1.5e+3,"b":true,"c":false}`, `{"a":"}","b":"{[","c":"\\"}`, exampleAnswer,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !json.Valid(data) || !utf8.Valid(data) {
			return
		}
		got := map[string]string{}
		err := eachField(data, func(name string, value []byte) error {
			if !json.Valid(value) {
				t.Errorf("the value of %q is %q", name, value)
			}
			got[name] = compact(t, value)
			return nil
		})
		var want map[string]json.RawMessage
		if isObject := json.Unmarshal(data, &want) == nil && want != nil; isObject != (err == nil) {
			t.Fatalf("%v, an object: %t", err, isObject)
		}
		values := map[string]string{}
		for name, value := range want {
			if string(value) == "null" {
				delete(got, name) // of several the last one counts, also for encoding/json
				continue
			}
			values[name] = compact(t, value)
		}
		if diff := cmp.Diff(values, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func compact(t *testing.T, value []byte) string {
	var b bytes.Buffer
	if err := json.Compact(&b, value); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
