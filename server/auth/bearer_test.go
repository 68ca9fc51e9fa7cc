package auth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"access-policy-mcp/server/auth"
	"access-policy-mcp/tools"
)

func TestBearer(t *testing.T) {
	const secret = "s3cret~token"
	for name, tt := range map[string]struct {
		header []string
		ok     bool
	}{
		"token":                {[]string{"Bearer " + secret}, true},
		"scheme in lower case": {[]string{"bearer " + secret}, true},
		"spaces around":        {[]string{"Bearer   " + secret + " "}, true},
		"no header":            {nil, false},
		"empty header":         {[]string{""}, false},
		"scheme alone":         {[]string{"Bearer"}, false},
		"no token":             {[]string{"Bearer "}, false},
		"token alone":          {[]string{secret}, false},
		"another scheme":       {[]string{"Basic " + secret}, false},
		"longer":               {[]string{"Bearer " + secret + "x"}, false},
		"shorter":              {[]string{"Bearer " + strings.TrimSuffix(secret, "n")}, false},
		"other case":           {[]string{"Bearer " + strings.ToUpper(secret)}, false},
		"two tokens":           {[]string{"Bearer " + secret + " " + secret}, false},
		"wrong one before":     {[]string{"Bearer x", "Bearer " + secret}, false},
	} {
		t.Run(name, func(t *testing.T) {
			authenticate := auth.Bearer(secret, tools.Caller{Name: "somebody"})
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp?access_token="+secret, nil)
			r.Header.Set("X-Token", "Bearer "+secret)
			for _, value := range tt.header {
				r.Header.Add("Authorization", value)
			}
			caller, err := authenticate(r)
			switch {
			case (err == nil) != tt.ok:
				t.Errorf("error %v", err)
			case tt.ok && (caller.Name != "somebody" || r.Header.Values("Authorization") != nil):
				t.Errorf("caller %q, header %q", caller.Name, r.Header.Values("Authorization"))
			case !tt.ok && caller.Name != "":
				t.Errorf("refused, but with the caller %q", caller.Name)
			case err != nil && strings.Contains(err.Error(), secret):
				t.Errorf("the secret is in the error: %v", err)
			}
		})
	}
}

// TestBearerEmptySecret: a secret that is empty by mistake must not let in requests
// without a token.
func TestBearerEmptySecret(t *testing.T) {
	authenticate := auth.Bearer("", tools.Caller{})
	for _, value := range []string{"", "Bearer", "Bearer ", "Bearer  "} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", nil)
		r.Header.Set("Authorization", value)
		if _, err := authenticate(r); err == nil {
			t.Errorf("%q was accepted", value)
		}
	}
}
