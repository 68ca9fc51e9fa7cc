package tools

import (
	"regexp"

	"github.com/invopop/jsonschema"

	"access-policy-mcp/cfapi"
)

// idPattern is the alphabet of identifiers. It leaves nothing that could change
// the path of a request.
const idPattern = "^[A-Za-z0-9_-]+$"

// idPatternWords say what [idPattern] admits.
const idPatternWords = "only letters, digits, - and _ are allowed"

// AccountID identifies a Cloudflare account.
type AccountID string

// JSONSchema describes account IDs.
func (AccountID) JSONSchema() *jsonschema.Schema {
	return idSchema(cfapi.MaxAccountID, "Cloudflare account ID")
}

// PolicyTestID identifies a policy test.
type PolicyTestID string

// JSONSchema describes IDs of policy tests.
func (PolicyTestID) JSONSchema() *jsonschema.Schema {
	return idSchema(cfapi.MaxPolicyTestID, "ID of the policy test")
}

// usableID reports whether the tools accept the ID, which comes from the API.
func usableID(id string) bool {
	matches, _ := regexp.MatchString(idPattern, id)
	return matches && len(id) <= cfapi.MaxPolicyTestID
}

// PolicyID identifies a reusable policy.
type PolicyID string

// JSONSchema describes IDs of reusable policies. They are as long as those of tests.
func (PolicyID) JSONSchema() *jsonschema.Schema {
	return idSchema(cfapi.MaxPolicyTestID, "")
}

func idSchema(longest uint64, description string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", MinLength: new(uint64(1)), MaxLength: &longest, Pattern: idPattern, Description: description}
}
