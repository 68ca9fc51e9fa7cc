package typed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
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

// maxFaults bounds how many faults one error lists.
const maxFaults = 3

// validate checks arguments against the schema.
func (a *Arguments[Input]) validate(arguments any) error {
	compiled, err := a.compiled()
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
	words := faultWords{a.names, a.patternWords}
	var faults []string
	for innermost := range innermostFailures(failure) {
		faults = append(faults, words.faults(innermost)...)
	}
	slices.Sort(faults)
	faults = slices.Compact(faults)
	if more := len(faults) - maxFaults; more > 0 {
		faults = append(faults[:maxFaults], fmt.Sprintf("and %d more", more))
	}
	return &ArgumentError{faults}
}

// innermostFailures yields the failures that say something; the others only group
// them. Of alternatives only those count that are of the value's type.
func innermostFailures(failure *jsonschema.ValidationError) iter.Seq[*jsonschema.ValidationError] {
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
			for innermost := range innermostFailures(cause) {
				if !yield(innermost) {
					return
				}
			}
		}
	}
}
