package typed

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// faultWords say in plain words what is wrong with an argument.
type faultWords struct {
	names    []string          // of the arguments
	patterns map[string]string // what each pattern admits
}

// faults words one failure, each with its place such as "policies.0.name".
func (w faultWords) faults(failure *jsonschema.ValidationError) []string {
	place := shortened(strings.Join(failure.InstanceLocation, "."))
	switch k := failure.ErrorKind.(type) {
	case *kind.Required:
		var faults []string
		for _, name := range k.Missing {
			faults = append(faults, strings.TrimPrefix(place+"."+name, ".")+" is required")
		}
		return faults
	case *kind.AdditionalProperties:
		var faults []string
		for _, name := range k.Properties {
			if place == "" {
				faults = append(faults, fmt.Sprintf("unknown argument %q (valid are: %s)", shortened(name), strings.Join(w.names, ", ")))
			} else {
				faults = append(faults, fmt.Sprintf("%s: unknown field %q", place, shortened(name)))
			}
		}
		return faults
	case *kind.Type:
		if place == "" {
			return []string{"the arguments must be an object, but are " + typeWords(k.Got)}
		}
	}
	return []string{strings.TrimPrefix(place+": "+w.fault(failure), ": ")}
}

// fault words a failure that is about a single value.
func (w faultWords) fault(failure *jsonschema.ValidationError) string {
	switch k := failure.ErrorKind.(type) {
	case *kind.Type:
		if k.Got == "number" && slices.Contains(k.Want, "integer") {
			return "must be a whole number"
		}
		return fmt.Sprintf("must be %s, but is %s", typeWords(k.Want...), typeWords(k.Got))
	case *kind.AnyOf:
		var want []string
		for _, cause := range failure.Causes {
			if k, ok := cause.ErrorKind.(*kind.Type); ok {
				want = append(want, k.Want...)
			}
		}
		return "must be " + typeWords(want...)
	case *kind.Pattern:
		if words, ok := w.patterns[k.Want]; ok {
			return words
		}
		return "must match " + k.Want
	case *kind.Enum:
		var want []string
		for _, value := range k.Want {
			want = append(want, fmt.Sprint(value))
		}
		return "must be one of " + strings.Join(want, ", ")
	default:
		return limitFault(k)
	}
}

// limitFault words a failure to keep a limit.
func limitFault(failure jsonschema.ErrorKind) string {
	switch k := failure.(type) {
	case *kind.MinLength:
		if k.Got == 0 {
			return "must not be empty"
		}
		return fmt.Sprintf("length must be at least %d, but is %d", k.Want, k.Got)
	case *kind.MaxLength:
		return fmt.Sprintf("length must be at most %d, but is %d", k.Want, k.Got)
	case *kind.Minimum:
		return fmt.Sprintf("must be at least %s, but is %s", decimal(k.Want), decimal(k.Got))
	case *kind.Maximum:
		return fmt.Sprintf("must be at most %s, but is %s", decimal(k.Want), decimal(k.Got))
	case *kind.MinItems:
		if k.Got == 0 {
			return "must not be empty"
		}
		return fmt.Sprintf("must have at least %d items, but has %d", k.Want, k.Got)
	case *kind.MaxItems:
		return fmt.Sprintf("must have at most %d items, but has %d", k.Want, k.Got)
	case *kind.MinProperties:
		return fmt.Sprintf("number of fields must be at least %d, but is %d", k.Want, k.Got)
	case *kind.MaxProperties:
		return fmt.Sprintf("number of fields must be at most %d, but is %d", k.Want, k.Got)
	default:
		return shortened(failure.LocalizedString(message.NewPrinter(language.English)))
	}
}

// typeWords name JSON types for people.
func typeWords(names ...string) string {
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

func decimal(r *big.Rat) string {
	f, _ := r.Float64()
	return fmt.Sprintf("%.15g", f)
}

// shortened is what is worth repeating of what a client made up.
func shortened(s string) string {
	const limit = 60
	if runes := []rune(strings.ToValidUTF8(s, "\uFFFD")); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return s
}
