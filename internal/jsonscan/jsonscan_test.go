package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"access-policy-mcp/internal/jsonscan"
)

// FuzzScan: the fields of any object and the elements of any array are those that
// encoding/json finds.
func FuzzScan(f *testing.F) {
	for _, s := range []string{
		`{}`, ` { } `, `[]`, ` [ ] `, `null`, `7`, `"{}"`, ``, `{"a":1}`, ` {"a" : "b" , "c":[1,{"d":"]}"}] } `, `{"a":{"b":{}},"a":null,"a":2}`, `{"\u0061":"\\\"","":""}`,
		`{"a":-1.5e+3,"b":true,"c":false}`, `{"a":"}","b":"{[","c":"\\"}`, `[1, "a,]", {"b":[2]} , [[]], null,true]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !json.Valid(data) || !utf8.Valid(data) {
			return
		}
		fields := map[string]string{}
		err := jsonscan.Fields(data, func(name, value []byte) error {
			fields[string(name)] = compact(t, value)
			return nil
		})
		var wantFields map[string]json.RawMessage
		if isObject := json.Unmarshal(data, &wantFields) == nil && wantFields != nil; isObject != (err == nil) {
			t.Fatalf("%v, an object: %t", err, isObject)
		}
		want := map[string]string{}
		for name, value := range wantFields {
			want[name] = compact(t, value)
		}
		if diff := cmp.Diff(want, fields); diff != "" {
			t.Errorf("fields (-want +got):\n%s", diff)
		}

		var elements, wantElements []string
		err = jsonscan.Elements(data, func(value []byte) error {
			elements = append(elements, compact(t, value))
			return nil
		})
		var list []json.RawMessage
		if isArray := json.Unmarshal(data, &list) == nil && list != nil; isArray != (err == nil) {
			t.Fatalf("%v, an array: %t", err, isArray)
		}
		for _, element := range list {
			wantElements = append(wantElements, compact(t, element))
		}
		if !slices.Equal(elements, wantElements) {
			t.Errorf("elements %q, want %q", elements, wantElements)
		}
	})
}

func compact(t *testing.T, value []byte) string {
	var b bytes.Buffer
	if err := json.Compact(&b, value); err != nil {
		t.Fatalf("%q: %v", value, err)
	}
	return b.String()
}

// TestErrorsEndIt: what the caller returns ends the reading.
func TestErrorsEndIt(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	if err := jsonscan.Fields([]byte(`{"a":1,"b":2}`), func(_, _ []byte) error { calls++; return stop }); !errors.Is(err, stop) || calls != 1 {
		t.Errorf("%v after %d fields", err, calls)
	}
	if err := jsonscan.Elements([]byte(`[1,2]`), func([]byte) error { calls++; return stop }); !errors.Is(err, stop) || calls != 2 {
		t.Errorf("%v after %d elements", err, calls-1)
	}
}
