package tools

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/big"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

func compile(schema json.RawMessage) (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("input.json", document); err != nil {
		return nil, err
	}
	return compiler.Compile("input.json")
}

// maxComplaints bounds how many faults one message lists.
const maxComplaints = 3

// validate checks decoded arguments. The error lists the faults in plain words.
func (s *inputSchema) validate(arguments any) error {
	compiled, err := s.compiled()
	if err != nil {
		return fmt.Errorf("input schema: %w", err)
	}
	err = compiled.Validate(arguments)
	if err == nil {
		return nil
	}
	failure, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return err
	}
	var complaints []string
	for leaf := range leaves(failure) {
		complaints = append(complaints, s.complaints(leaf)...)
	}
	slices.Sort(complaints)
	complaints = slices.Compact(complaints)
	if more := len(complaints) - maxComplaints; more > 0 {
		complaints = append(complaints[:maxComplaints], fmt.Sprintf("and %d more", more))
	}
	return invalidArgument(strings.Join(complaints, "; "))
}

// leaves yields the innermost failures: the ones that say something. Of
// alternatives only those count that are of the value's type.
func leaves(failure *jsonschema.ValidationError) iter.Seq[*jsonschema.ValidationError] {
	return func(yield func(*jsonschema.ValidationError) bool) {
		causes := failure.Causes
		if _, ok := failure.ErrorKind.(*kind.AnyOf); ok {
			causes = slices.DeleteFunc(slices.Clone(causes), func(cause *jsonschema.ValidationError) bool {
				_, mismatch := cause.ErrorKind.(*kind.Type)
				return mismatch && len(cause.InstanceLocation) == len(failure.InstanceLocation)
			})
		}
		if len(causes) == 0 {
			yield(failure)
			return
		}
		for _, cause := range causes {
			for leaf := range leaves(cause) {
				if !yield(leaf) {
					return
				}
			}
		}
	}
}

// complaints words one failure.
func (s *inputSchema) complaints(failure *jsonschema.ValidationError) []string {
	place := bounded(strings.Join(failure.InstanceLocation, "."))
	say := func(format string, args ...any) []string {
		text := fmt.Sprintf(format, args...)
		if place == "" {
			return []string{text}
		}
		return []string{place + ": " + text}
	}
	switch k := failure.ErrorKind.(type) {
	case *kind.Required:
		var out []string
		for _, name := range k.Missing {
			out = append(out, strings.TrimPrefix(place+"."+name, ".")+" is required")
		}
		return out
	case *kind.AdditionalProperties:
		var out []string
		for _, name := range k.Properties {
			if place == "" {
				out = append(out, fmt.Sprintf("unknown argument %q (valid are: %s)", bounded(name), strings.Join(s.names, ", ")))
			} else {
				out = append(out, fmt.Sprintf("%s: unknown field %q", place, bounded(name)))
			}
		}
		return out
	case *kind.Type:
		if place == "" {
			return say("the arguments must be an object, but are %s", jsonType(k.Got))
		}
		if k.Got == "number" && slices.Contains(k.Want, "integer") {
			return say("must be a whole number")
		}
		return say("must be %s, but is %s", jsonType(k.Want...), jsonType(k.Got))
	case *kind.AnyOf:
		var want []string
		for _, cause := range failure.Causes {
			if k, ok := cause.ErrorKind.(*kind.Type); ok {
				want = append(want, k.Want...)
			}
		}
		return say("must be %s", jsonType(want...))
	case *kind.MinProperties, *kind.MaxProperties:
		return say("must be an object with a single key")
	case *kind.MinLength:
		if k.Got == 0 {
			return say("must not be empty")
		}
		return say("length must be at least %d, but is %d", k.Want, k.Got)
	case *kind.MaxLength:
		return say("length must be at most %d, but is %d", k.Want, k.Got)
	case *kind.Pattern:
		if k.Want == idPattern {
			return say("only letters, digits, - and _ are allowed")
		}
		return say("must match %s", k.Want)
	case *kind.Minimum:
		return say("must be at least %s, but is %s", number(k.Want), number(k.Got))
	case *kind.Maximum:
		return say("must be at most %s, but is %s", number(k.Want), number(k.Got))
	case *kind.MinItems:
		return say("must not be empty")
	case *kind.MaxItems:
		return say("must have at most %d items, but has %d", k.Want, k.Got)
	case *kind.Enum:
		var want []string
		for _, value := range k.Want {
			want = append(want, fmt.Sprint(value))
		}
		return say("must be one of %s", strings.Join(want, ", "))
	default:
		return say("%s", bounded(failure.ErrorKind.LocalizedString(message.NewPrinter(language.English))))
	}
}

// jsonType names JSON types for people.
func jsonType(names ...string) string {
	words := map[string]string{
		"string": "a string", "integer": "a whole number", "number": "a number", "boolean": "true or false",
		"object": "an object", "array": "an array", "null": "null",
	}
	var out []string
	for _, name := range names {
		out = append(out, words[name])
	}
	return strings.Join(out, " or ")
}

func number(r *big.Rat) string {
	f, _ := r.Float64()
	return fmt.Sprintf("%.15g", f)
}

// bounded shortens what a client made up to what is worth repeating.
func bounded(s string) string {
	const limit = 60
	if runes := []rune(strings.ToValidUTF8(s, "\uFFFD")); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return s
}
