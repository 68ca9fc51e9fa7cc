package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// readPolicies turns the values of --policy into an argument of the tool; nil if there
// are none.
func readPolicies(values []string) ([]any, error) {
	var policies []any
	for _, value := range values {
		file, ok := strings.CutPrefix(value, "@")
		if strings.TrimSpace(value) == "" {
			return nil, fmt.Errorf("--policy %q is empty: it takes the ID of a reusable policy, or @FILE", value)
		}
		if !ok {
			policies = append(policies, value)
			continue
		}
		policy, err := readPolicy(file)
		if err != nil {
			return nil, fmt.Errorf("--policy @%s: %w", file, err)
		}
		policies = append(policies, policy)
	}
	return policies, nil
}

// maxPolicyFile is the largest file with an inline policy, in bytes: far more than a
// policy has.
const maxPolicyFile = 1 << 20

// readPolicy reads a file with one JSON object, and keeps it as it is written: not every
// number in it can be kept otherwise.
func readPolicy(file string) (json.RawMessage, error) {
	data, err := readBounded(file, maxPolicyFile)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("must hold one JSON object, but is empty")
	}
	var policy any
	if err := json.Unmarshal(data, &policy); err != nil && !outOfRange(err) {
		return nil, fmt.Errorf("must hold one JSON object, but is not JSON: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if what := kindOfJSON(bytes.TrimSpace(data)[0]); what != "" {
		return nil, errors.New("must hold one JSON object, but holds " + what)
	}
	return data, nil
}

// outOfRange tells a number that fits no type of this program from what is no JSON.
func outOfRange(err error) bool {
	_, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok
}

// kindOfJSON says what begins with a character; "" for an object.
func kindOfJSON(first byte) string {
	switch first {
	case '{':
		return ""
	case '[':
		return "an array"
	case '"':
		return "a text"
	case 'n':
		return "null"
	case 't', 'f':
		return "true or false"
	default:
		return "a number"
	}
}
