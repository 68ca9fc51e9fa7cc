package cli

import (
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
	var policy map[string]json.RawMessage
	if err := json.Unmarshal(data, &policy); err != nil {
		return nil, fmt.Errorf("not a policy as JSON: %w", err)
	}
	if policy == nil {
		return nil, errors.New("not a policy as JSON: null is no object")
	}
	return data, nil
}
