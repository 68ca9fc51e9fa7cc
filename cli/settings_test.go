package cli

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/pflag"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

// readSettings reads a command line and an environment in the order in which a command
// does.
func readSettings(args, env []string) (*Settings, error) {
	settings := newSettings(env)
	ofEveryCommand := pflag.NewFlagSet("", pflag.ContinueOnError)
	settings.addFlags(ofEveryCommand)
	ofHTTP := httpCommand(settings).Flags()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.AddFlagSet(ofEveryCommand)
	flags.AddFlagSet(ofHTTP)
	flags.AddFlagSet(getCommand(settings).Flags())
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if err := errors.Join(settings.readFlags(ofEveryCommand), settings.readFlags(ofHTTP), settings.check()); err != nil {
		return nil, err
	}
	return settings, settings.readEnvironment()
}

// tokenCredential is a token that comes from source.
func tokenCredential(token, source string) tools.Credential {
	return tools.Credential{Credentials: cfapi.Credentials{Token: token}, Source: source}
}

func TestSettings(t *testing.T) {
	file := writeFile(t, " from-file \n")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	key := tools.Credential{Credentials: cfapi.Credentials{Email: "a@example.com", Key: "k"}, Source: "CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY"}
	keyFromFile := tools.Credential{Credentials: cfapi.Credentials{Email: "a@example.com", Key: "from-file"}, Source: "CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY_FILE"}
	both := tools.Credential{Credentials: cfapi.Credentials{Token: "t", Email: "a@example.com", Key: "k"}, Source: "CLOUDFLARE_API_TOKEN"}
	onlyKey := tools.Credential{Credentials: cfapi.Credentials{Key: "k"}}
	unexpanded := tools.Credential{Hint: "Set to a placeholder that the client did not expand, and so counted as unset: CLOUDFLARE_API_TOKEN, CLOUDFLARE_EMAIL."}
	simulated := tokenCredential(simulator.Token, "--simulate")

	tests := map[string]struct {
		args, env []string
		change    func(*Settings) // makes of the defaults what is wanted
	}{
		"nothing": {change: func(*Settings) {}},
		"flags": {
			args: []string{"--tools", "a,b", "--allow-start", "--hide-user-details", "--request-budget=7", "--log-level=debug", "--log-format=json",
				"--addr", ":1", "--allowed-origins", "https://a.example,https://b.example", "--account-id", "x"},
			change: func(s *Settings) {
				s.Tools, s.AllowStart, s.HideUserDetails, s.RequestBudget = []string{"a", "b"}, true, true, 7
				s.LogLevel, s.LogFormat = slog.LevelDebug, "json"
				s.Addr, s.AllowedOrigins, s.AccountID = ":1", []string{"https://a.example", "https://b.example"}, "x"
			},
		},
		"flags as variables": {
			env:    []string{"ACCESS_POLICY_MCP_TOOLS=a,b", "ACCESS_POLICY_MCP_HIDE_USER_DETAILS=true", "ACCESS_POLICY_MCP_ADDR=:1"},
			change: func(s *Settings) { s.Tools, s.HideUserDetails, s.Addr = []string{"a", "b"}, true, ":1" },
		},
		"flags over variables": {
			args:   []string{"--log-format", "text", "--account-id", "x"},
			env:    []string{"ACCESS_POLICY_MCP_LOG_FORMAT=json", "CLOUDFLARE_ACCOUNT_ID=z"},
			change: func(s *Settings) { s.AccountID = "x" },
		},
		"Cloudflare's variables": {
			env: []string{"CLOUDFLARE_API_TOKEN= t ", "CLOUDFLARE_ACCOUNT_ID= x ", "CLOUDFLARE_BASE_URL= https://api.example.com "},
			change: func(s *Settings) {
				s.Credential, s.AccountID, s.BaseURL = tokenCredential("t", "CLOUDFLARE_API_TOKEN"), "x", "https://api.example.com"
			},
		},
		"e-mail and key": {
			env:    []string{"CLOUDFLARE_EMAIL=a@example.com", "CLOUDFLARE_API_KEY=k"},
			change: func(s *Settings) { s.Credential = key },
		},
		"e-mail and key from a file": {
			env:    []string{"CLOUDFLARE_EMAIL=a@example.com", "CLOUDFLARE_API_KEY_FILE=" + file},
			change: func(s *Settings) { s.Credential = keyFromFile },
		},
		"key without e-mail": {
			env:    []string{"CLOUDFLARE_API_KEY=k"},
			change: func(s *Settings) { s.Credential = onlyKey },
		},
		"token and key": {
			env:    []string{"CLOUDFLARE_API_TOKEN=t", "CLOUDFLARE_EMAIL=a@example.com", "CLOUDFLARE_API_KEY=k"},
			change: func(s *Settings) { s.Credential = both },
		},
		"secrets from files": {
			env: []string{"CLOUDFLARE_API_TOKEN_FILE=" + file, "ACCESS_POLICY_MCP_BEARER_TOKEN_FILE=" + file},
			change: func(s *Settings) {
				s.Credential, s.BearerToken = tokenCredential("from-file", "CLOUDFLARE_API_TOKEN_FILE"), "from-file"
			},
		},
		"no file for what is no secret": {
			env:    []string{"CLOUDFLARE_EMAIL_FILE=" + file, "CLOUDFLARE_ACCOUNT_ID_FILE=" + file},
			change: func(*Settings) {},
		},
		"empty": {
			env:    []string{"CLOUDFLARE_API_TOKEN=", "CLOUDFLARE_API_KEY_FILE=", "CLOUDFLARE_ACCOUNT_ID=", "ACCESS_POLICY_MCP_LOG_LEVEL=", "ACCESS_POLICY_MCP_SIMULATE="},
			change: func(*Settings) {},
		},
		"white space": {
			env:    []string{"CLOUDFLARE_API_TOKEN= \t", "CLOUDFLARE_API_TOKEN_FILE=" + file, "CLOUDFLARE_BASE_URL= ", "ACCESS_POLICY_MCP_LOG_LEVEL= "},
			change: func(s *Settings) { s.Credential = tokenCredential("from-file", "CLOUDFLARE_API_TOKEN_FILE") },
		},
		"a link to a file": {
			env:    []string{"CLOUDFLARE_API_TOKEN_FILE=" + link},
			change: func(s *Settings) { s.Credential = tokenCredential("from-file", "CLOUDFLARE_API_TOKEN_FILE") },
		},
		"placeholders": {
			env: []string{"CLOUDFLARE_EMAIL=${input:email}", "CLOUDFLARE_API_TOKEN= ${CLOUDFLARE_API_TOKEN:-} ", "ACCESS_POLICY_MCP_SIMULATE=${SIMULATE}",
				"CLOUDFLARE_ACCOUNT_ID=${X}", "OTHER=${X}"},
			change: func(s *Settings) {
				s.Credential = unexpanded
				s.Unexpanded = []string{"ACCESS_POLICY_MCP_SIMULATE", "CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_API_TOKEN", "CLOUDFLARE_EMAIL"}
			},
		},
		"more than a placeholder": {
			env: []string{"CLOUDFLARE_API_TOKEN=${A}${B}", "CLOUDFLARE_ACCOUNT_ID=x${A}"},
			change: func(s *Settings) {
				s.Credential, s.AccountID = tokenCredential("${A}${B}", "CLOUDFLARE_API_TOKEN"), "x${A}"
			},
		},
		"simulation": {
			args: []string{"--simulate", "--request-budget=7"},
			env: []string{"CLOUDFLARE_API_TOKEN=t", "CLOUDFLARE_API_TOKEN_FILE=nowhere", "CLOUDFLARE_EMAIL=a@example.com", "CLOUDFLARE_ACCOUNT_ID=z",
				"CLOUDFLARE_BASE_URL=https://api.example.com", "ACCESS_POLICY_MCP_BEARER_TOKEN=b"},
			change: func(s *Settings) {
				s.Simulate, s.RequestBudget, s.Credential, s.BearerToken = true, quota.Max, simulated, "b"
				s.AccountID, s.BaseURL = simulator.AccountID, simulator.BaseURL
			},
		},
		"simulation of another account": {
			args: []string{"--account-id", "x"},
			env:  []string{"ACCESS_POLICY_MCP_SIMULATE=true"},
			change: func(s *Settings) {
				s.Simulate, s.RequestBudget, s.Credential = true, quota.Max, simulated
				s.AccountID, s.BaseURL = "x", simulator.BaseURL
			},
		},
		"other programs' variables": {
			env:    []string{"API_TOKEN=t", "MCP_LOG_FORMAT=xml", "XCLOUDFLARE_API_TOKEN=t", "cloudflare_api_token=t", "ACCESS_POLICY_MCP_NONSENSE=x", "ACCESS_POLICY_MCP_HELP=true"},
			change: func(*Settings) {},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := readSettings(tt.args, tt.env)
			if err != nil {
				t.Fatal(err)
			}
			want := &Settings{RequestBudget: quota.Default, LogFormat: "text", Color: "auto", Addr: "127.0.0.1:8080"}
			tt.change(want)
			want.Credential.Kept = !want.Credential.Present()
			// Credentials do not print themselves, but compare field by field.
			if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Settings{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWrongSettings(t *testing.T) {
	file := writeFile(t, "from-file")
	tests := map[string]struct {
		args, env []string
		want      []string // in the error
	}{
		"unknown log format":       {args: []string{"--log-format", "xml"}, want: []string{`--log-format must be text or json, not "xml"`}},
		"budget too small":         {args: []string{"--request-budget", "0"}, want: []string{"--request-budget must be from 1 to 1200"}},
		"budget too large":         {args: []string{"--request-budget", "1201"}, want: []string{"--request-budget must be from 1 to 1200"}},
		"budget from its variable": {env: []string{"ACCESS_POLICY_MCP_REQUEST_BUDGET=many"}, want: []string{"ACCESS_POLICY_MCP_REQUEST_BUDGET: ", "many"}},
		"several": {
			env:  []string{"ACCESS_POLICY_MCP_LOG_LEVEL=loud", "ACCESS_POLICY_MCP_LOG_FORMAT=xml", "ACCESS_POLICY_MCP_SIMULATE=perhaps"},
			want: []string{"ACCESS_POLICY_MCP_LOG_LEVEL: ", "ACCESS_POLICY_MCP_SIMULATE: ", "--log-format must be"},
		},
		"token and its file": {
			env:  []string{"CLOUDFLARE_API_TOKEN=sesame", "CLOUDFLARE_API_TOKEN_FILE=" + file},
			want: []string{"CLOUDFLARE_API_TOKEN and CLOUDFLARE_API_TOKEN_FILE are both set: unset one of them"},
		},
		"no file": {
			env:  []string{"CLOUDFLARE_API_KEY_FILE=" + file + "x"},
			want: []string{"CLOUDFLARE_API_KEY_FILE: ", "no such file"},
		},
		"no file for the bearer token": {
			args: []string{"--simulate"},
			env:  []string{"ACCESS_POLICY_MCP_BEARER_TOKEN_FILE=" + file + "x"},
			want: []string{"ACCESS_POLICY_MCP_BEARER_TOKEN_FILE: ", "no such file"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := readSettings(tt.args, tt.env)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "sesame") {
				t.Errorf("%q repeats a secret", err)
			}
		})
	}
}

func TestCheckHTTP(t *testing.T) {
	tests := map[string]struct {
		settings Settings
		want     string // in the error; "" for none
	}{
		"default":                 {Settings{Addr: "127.0.0.1:8080"}, ""},
		"localhost":               {Settings{Addr: "localhost:0"}, ""},
		"IPv6":                    {Settings{Addr: "[::1]:0"}, ""},
		"IPv4 in IPv6":            {Settings{Addr: "[::ffff:127.0.0.1]:0"}, ""},
		"every address":           {Settings{Addr: ":8080"}, "set ACCESS_POLICY_MCP_BEARER_TOKEN (or ACCESS_POLICY_MCP_BEARER_TOKEN_FILE)"},
		"another address":         {Settings{Addr: "192.0.2.1:8080"}, "--addr 192.0.2.1:8080 is reachable from other machines"},
		"a name":                  {Settings{Addr: "localhost.example:8080"}, "is reachable from other machines"},
		"with a bearer token":     {Settings{Addr: ":8080", BearerToken: "b"}, ""},
		"no port":                 {Settings{Addr: "127.0.0.1"}, "--addr must be host:port"},
		"an origin":               {Settings{Addr: "localhost:0", AllowedOrigins: []string{"https://example.com:8443"}}, ""},
		"an origin without http:": {Settings{Addr: "localhost:0", AllowedOrigins: []string{"example.com"}}, `--allowed-origins: "example.com" is not an origin`},
		"an origin with a path":   {Settings{Addr: "localhost:0", AllowedOrigins: []string{"https://example.com/"}}, "is not an origin"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := checkHTTP(&tt.settings)
			if tt.want == "" && err != nil {
				t.Error(err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v does not say %q", err, tt.want)
			}
		})
	}
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
