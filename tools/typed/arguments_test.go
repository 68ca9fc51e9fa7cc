package typed_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"

	"access-policy-mcp/tools/typed"
)

// book has an argument of every sort.
type book struct {
	ISBN     isbn     `json:"isbn"`
	Title    string   `json:"title" jsonschema:"minLength=2,maxLength=10"`
	Pages    int      `json:"pages,omitempty" jsonschema:"minimum=1,maximum=9000"`
	Price    float64  `json:"price,omitempty"`
	Language string   `json:"language,omitempty" jsonschema:"enum=en,enum=de"`
	Shelf    string   `json:"shelf,omitempty" jsonschema:"pattern=^[A-Z]$"`
	Authors  []author `json:"authors,omitempty" jsonschema:"minItems=1,maxItems=2"`
	Lent     bool     `json:"lent,omitempty"`
}

type isbn string

func (isbn) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: "^[0-9]+$", Description: "Number of the book"}
}

// author is a name, or an object with one.
type author json.RawMessage

func (a *author) UnmarshalJSON(data []byte) error {
	*a = append((*a)[:0], data...)
	return nil
}

func (author) JSONSchema() *jsonschema.Schema {
	one := uint64(1)
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "string"},
		{Type: "object", MinProperties: &one, MaxProperties: &one},
	}}
}

func newBooks() *typed.Arguments[book] {
	return typed.NewArguments[book](typed.Options{PatternWords: map[string]string{"^[0-9]+$": "only digits are allowed"}})
}

// TestFaults: an error says in plain words what is wrong.
func TestFaults(t *testing.T) {
	books := newBooks()
	for name, tt := range map[string]struct{ arguments, want string }{
		"missing":             {`{"isbn": "1"}`, "title is required"},
		"both missing":        {`{}`, "isbn is required; title is required"},
		"none at all":         {``, "isbn is required; title is required"},
		"null for all":        {`null`, "isbn is required; title is required"},
		"not JSON":            {`{`, "the arguments are not JSON"},
		"more than one":       {`{} {}`, "the arguments are not JSON"},
		"array":               {`[]`, "the arguments must be an object, but are an array"},
		"string":              {`"isbn"`, "the arguments must be an object, but are a string"},
		"unknown":             {`{"isbn": "1", "title": "It", "year": 1}`, `unknown argument "year" (valid are: isbn, title, pages, price, language, shelf, authors, lent)`},
		"number":              {`{"isbn": 1, "title": "It"}`, "isbn: must be a string, but is a number"},
		"null":                {`{"isbn": null, "title": "It"}`, "isbn: must be a string, but is null"},
		"object":              {`{"isbn": {}, "title": "It"}`, "isbn: must be a string, but is an object"},
		"neither nor":         {`{"isbn": "1", "title": "It", "lent": "no"}`, "lent: must be true or false, but is a string"},
		"pattern with words":  {`{"isbn": "x", "title": "It"}`, "isbn: only digits are allowed"},
		"pattern without":     {`{"isbn": "1", "title": "It", "shelf": "a"}`, "shelf: must match ^[A-Z]$"},
		"empty":               {`{"isbn": "1", "title": ""}`, "title: must not be empty"},
		"only white space":    {`{"isbn": "1", "title": " \t\n"}`, "title: must not be empty"},
		"too short":           {`{"isbn": "1", "title": "I"}`, "title: length must be at least 2, but is 1"},
		"too long":            {`{"isbn": "1", "title": "War and Peace"}`, "title: length must be at most 10, but is 13"},
		"too small":           {`{"isbn": "1", "title": "It", "pages": 0}`, "pages: must be at least 1, but is 0"},
		"too large":           {`{"isbn": "1", "title": "It", "pages": 9001}`, "pages: must be at most 9000, but is 9001"},
		"a fraction":          {`{"isbn": "1", "title": "It", "pages": 1.5}`, "pages: must be a whole number"},
		"a number as text":    {`{"isbn": "1", "title": "It", "pages": "1"}`, "pages: must be a whole number, but is a string"},
		"not of the list":     {`{"isbn": "1", "title": "It", "language": "fr"}`, "language: must be one of en, de"},
		"no items":            {`{"isbn": "1", "title": "It", "authors": []}`, "authors: must not be empty"},
		"too many items":      {`{"isbn": "1", "title": "It", "authors": ["a", "b", "c"]}`, "authors: must have at most 2 items, but has 3"},
		"no alternative":      {`{"isbn": "1", "title": "It", "authors": [1]}`, "authors.0: must be a string or an object"},
		"too few fields":      {`{"isbn": "1", "title": "It", "authors": [{}]}`, "authors.0: number of fields must be at least 1, but is 0"},
		"too many fields":     {`{"isbn": "1", "title": "It", "authors": [{"a": 1, "b": 2}]}`, "authors.0: number of fields must be at most 1, but is 2"},
		"the first of many":   {`{"isbn": "x", "title": "", "pages": 0, "lent": 1, "price": ""}`, "isbn: only digits are allowed; lent: must be true or false, but is a number; pages: must be at least 1, but is 0; and 2 more"},
		"a number too large":  {`{"isbn": "1", "title": "It", "price": 1e400}`, "price: this value cannot be read"},
		"larger than any int": {`{"isbn": "1", "title": "It", "pages": 1e400}`, "pages: must be at most 9000, but is +Inf"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := books.Decode(json.RawMessage(tt.arguments))
			wrong, ok := errors.AsType[*typed.ArgumentError](err)
			if !ok || len(wrong.Faults) == 0 {
				t.Fatalf("error %v", err)
			}
			if got := wrong.Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestLongNames: what a client made up is repeated, but not all of it.
func TestLongNames(t *testing.T) {
	_, err := newBooks().Decode(json.RawMessage(`{"isbn": "1", "title": "It", "` + strings.Repeat("x", 5000) + `": 1}`))
	if err == nil || !strings.Contains(err.Error(), `unknown argument "xxx`) || len(err.Error()) > 300 {
		t.Errorf("error %v", err)
	}
}

// TestDecode: notations that are not worth a refusal are accepted.
func TestDecode(t *testing.T) {
	got, err := newBooks().Decode(json.RawMessage(`{"isbn": "\n12 ", "title": " It", "pages": 1138.0, "price": 1e1, "authors": [" King ", {"name": " x "}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := book{ISBN: "12", Title: "It", Pages: 1138, Price: 10, Authors: []author{author(`"King"`), author(`{"name":" x "}`)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDefaults: an argument with a default is optional, and says so.
func TestDefaults(t *testing.T) {
	books := typed.NewArguments[book](typed.Options{Defaults: map[string]any{"isbn": "12", "unrelated": "x"}})
	for arguments, want := range map[string]isbn{`{"title": "It"}`: "12", `{"title": "It", "isbn": "7"}`: "7"} {
		if got, err := books.Decode(json.RawMessage(arguments)); err != nil || got.ISBN != want {
			t.Errorf("%s: %+v, error %v", arguments, got, err)
		}
	}
	var schema struct {
		Properties map[string]struct{ Description string }
		Required   []string
	}
	if err := json.Unmarshal(books.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	if got := schema.Properties["isbn"].Description; got != "Number of the book (optional: a default is configured)" {
		t.Errorf("description %q", got)
	}
	if diff := cmp.Diff([]string{"title"}, schema.Required); diff != "" {
		t.Errorf("required (-want +got):\n%s", diff)
	}
}
