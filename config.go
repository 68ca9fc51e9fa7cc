package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"access-policy-mcp/cfapi"
)

// settings are what comes from the environment alone.
type settings struct {
	credentials cfapi.Credentials
	accountID   string
	baseURL     string
	bearerToken string

	// unexpanded names the variables that held a placeholder.
	unexpanded []string
}

// placeholder is what a client leaves in a variable that it should have
// expanded, such as ${CLOUDFLARE_API_TOKEN} or ${input:token}.
var placeholder = regexp.MustCompile(`^\s*\$\{[^}]*\}\s*$`)

// dropPlaceholders unsets our variables whose value is empty or a placeholder,
// and returns the names of the latter. It runs before anything reads them.
func dropPlaceholders() []string {
	var dropped []string
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "CLOUDFLARE_") && !strings.HasPrefix(name, "ACCESS_POLICY_MCP_") {
			continue
		}
		if placeholder.MatchString(value) {
			dropped = append(dropped, name)
		} else if value != "" {
			continue
		}
		_ = os.Unsetenv(name)
	}
	slices.Sort(dropped)
	return dropped
}

// loadSettings reads the environment, without Cloudflare's secrets for a
// simulation. The error says which variable is wrong, without its value.
func loadSettings(unexpanded []string, simulate bool) (settings, error) {
	s := settings{
		accountID:  strings.TrimSpace(os.Getenv("CLOUDFLARE_ACCOUNT_ID")),
		baseURL:    strings.TrimSpace(cmp.Or(os.Getenv("CLOUDFLARE_BASE_URL"), cfapi.DefaultBaseURL)),
		unexpanded: unexpanded,
	}
	s.credentials.Email = strings.TrimSpace(os.Getenv("CLOUDFLARE_EMAIL"))
	secrets := map[string]*string{
		"CLOUDFLARE_API_TOKEN":           &s.credentials.Token,
		"CLOUDFLARE_API_KEY":             &s.credentials.Key,
		"ACCESS_POLICY_MCP_BEARER_TOKEN": &s.bearerToken,
	}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		if simulate && strings.HasPrefix(name, "CLOUDFLARE_") {
			continue
		}
		value, err := secret(name)
		if err != nil {
			return settings{}, err
		}
		*secrets[name] = value
	}
	return s, nil
}

// secret reads a variable, or the file that the variable with _FILE names.
func secret(name string) (string, error) {
	value, file := os.Getenv(name), os.Getenv(name+"_FILE")
	if file == "" {
		return strings.TrimSpace(value), nil
	}
	if value != "" {
		return "", fmt.Errorf("%s and %s_FILE are both set: unset one of them", name, name)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", name, err)
	}
	return strings.TrimSpace(string(data)), nil
}

// credentialHint explains to the reader of an error why credentials that seem to
// be configured are not there.
func (s settings) credentialHint() string {
	var names []string
	for _, name := range s.unexpanded {
		if strings.HasPrefix(name, "CLOUDFLARE_API_") || name == "CLOUDFLARE_EMAIL" {
			names = append(names, name)
		}
	}
	if names == nil {
		return ""
	}
	return "Set to a placeholder that the client did not expand, and so counted as unset: " + strings.Join(names, ", ") + "."
}
