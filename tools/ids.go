package tools

import (
	"strings"

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

// Valid reports whether the tools accept the ID.
func (id AccountID) Valid() bool { return isID(string(id), cfapi.MaxAccountID) }

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

// Valid reports whether the tools accept the ID.
func (id PolicyTestID) Valid() bool { return isID(string(id), cfapi.MaxPolicyTestID) }

// isID reports whether s matches [idPattern] and is at most longest characters long.
func isID(s string, longest int) bool {
	return s != "" && len(s) <= longest && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
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
