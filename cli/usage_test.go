package cli

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// TestWrongUsage: every wrong command line is 2, says what is wrong and where to read
// more, in the words of the command line.
func TestWrongUsage(t *testing.T) {
	const id = "f1a8b3c9d4e5f6789a0b1c2d3e4f5678a9b0c1d2e3f4a5b67890c1d2e3f4b5a6"
	for args, want := range map[string]string{
		"gte":                                 "unknown command \"gte\". Did you mean get?\nSee access-policy-mcp --help.",
		"user":                                "unknown command \"user\". Did you mean users?\nSee access-policy-mcp --help.",
		"frobnicate":                          "unknown command \"frobnicate\".\nSee access-policy-mcp --help.",
		"help gte":                            "unknown command \"gte\". Did you mean get?\nSee access-policy-mcp --help.",
		id:                                    "unknown command \"" + id + "\". Did you mean access-policy-mcp get " + id + "?\nSee access-policy-mcp --help.",
		"get --wiat 3":                        "unknown flag: --wiat. Did you mean --wait?\nSee access-policy-mcp get --help.",
		"get -wait 3":                         "unknown flag: -wait. Did you mean --wait?\nSee access-policy-mcp get --help.",
		"get --simulat":                       "unknown flag: --simulat. Did you mean --simulate?\nSee access-policy-mcp get --help.",
		"get -x":                              "unknown flag: -x.\nSee access-policy-mcp get --help.",
		"get a b":                             "access-policy-mcp get takes the ID of one test, but there are 2 arguments.\nSee access-policy-mcp get --help.",
		"stdio a":                             "access-policy-mcp stdio takes no arguments, but there is \"a\".\nSee access-policy-mcp stdio --help.",
		"start abc":                           "access-policy-mcp start takes no arguments, but there is \"abc\". Did you mean --policy abc?\nSee access-policy-mcp start --help.",
		"get --wait":                          "--wait needs a value: --wait TIME.\nSee access-policy-mcp get --help.",
		"get --wait 25h":                      "--wait: must be at most 24h, not 25h.\nSee access-policy-mcp get --help.",
		"get --max-blocked 101%":              "--max-blocked: must be a number of users, such as 5, or a percentage of those processed from 0% to 100%, such as 2%; not \"101%\".\nSee access-policy-mcp get --help.",
		"get --max-errored -1":                "--max-errored: must be a number of users, such as 5, or a percentage of those processed from 0% to 100%, such as 2%; not \"-1\".\nSee access-policy-mcp get --help.",
		"users --page x":                      "--page: must be a whole number, not \"x\".\nSee access-policy-mcp users --help.",
		"get --json=maybe":                    "--json: must be true or false, not \"maybe\".\nSee access-policy-mcp get --help.",
		"get --log-level loud":                "--log-level: must be debug, info, warn or error, not \"loud\".\nSee access-policy-mcp get --help.",
		"completion bsh":                      "there is no completion for bsh: the shells are bash, zsh, fish and powershell. Did you mean bash or zsh or fish?\nSee access-policy-mcp completion --help.",
		"completion":                          "a shell is missing: bash, zsh, fish or powershell.\nSee access-policy-mcp completion --help.",
		"start -q --json":                     "--quiet and --json do not go together: leave one out\nSee access-policy-mcp start --help.",
		"start --max-blocked 2%":              "--max-blocked and --max-errored need --wait: a test that has just been started has found nothing yet\nSee access-policy-mcp start --help.",
		"get --color pink":                    "--color must be auto, always or never, not \"pink\"\nSee access-policy-mcp get --help.",
		"get --request-budget 0":              "--request-budget must be from 1 to 1200, not 0\nSee access-policy-mcp get --help.",
		"users x --account-id a --output xml": "--output must be table, tsv, csv or json, not \"xml\"\nSee access-policy-mcp users --help.",
		"users x --account-id a --json --output csv":   "--json and --output csv contradict each other\nSee access-policy-mcp users --help.",
		"users x --account-id a --status error2":       "--status must be approved, blocked or error, not \"error2\"\nSee access-policy-mcp users --help.",
		"users x --account-id a --page 0":              "--page must be from 1 to 1000000, not 0\nSee access-policy-mcp users --help.",
		"users x --account-id a --per-page 101":        "--per-page must be from 1 to 100, not 101\nSee access-policy-mcp users --help.",
		"users x --account-id a --all --page 2":        "--all lists every page: leave out --page and --per-page\nSee access-policy-mcp users --help.",
		"users x --account-id a --all --per-page 9":    "--all lists every page: leave out --page and --per-page\nSee access-policy-mcp users --help.",
		"start --account-id a":                         "--policy is missing: name a reusable policy by its ID, or a file with a policy as @FILE. See access-policy-mcp start --help",
		"get a/b --account-id c":                       "the ID of the test: only letters, digits, - and _ are allowed",
		"get a --account-id c/d":                       "the account (--account-id or CLOUDFLARE_ACCOUNT_ID): only letters, digits, - and _ are allowed",
		"start --policy a --policy b/c --account-id d": "--policy b/c: only letters, digits, - and _ are allowed",
	} {
		status, stdout, stderr := run(t, []string{"CLOUDFLARE_API_TOKEN=t"}, strings.Fields(args)...)
		if status != exitUsage || stdout != "" || stderr != "access-policy-mcp: "+want+"\n" {
			t.Errorf("%s: %d: %s%s", args, status, stdout, stderr)
		}
	}
}

// TestMissing: all that is missing is said at once, each with what to type or to set.
func TestMissing(t *testing.T) {
	const (
		token   = "a Cloudflare API token is missing: run access-policy-mcp login, or set CLOUDFLARE_API_TOKEN"
		account = "an account is missing: add --account-id ID or set CLOUDFLARE_ACCOUNT_ID"
		id      = "the ID of a test is missing: type it after the command, as in access-policy-mcp "
		policy  = "--policy is missing"
	)
	for _, tt := range []struct {
		args, env string
		want      []string
	}{
		{"get", "", []string{token, account, id + "get ID", "--simulate"}},
		{"users", "", []string{token, account, id + "users ID", "--simulate"}},
		{"start", "", []string{token, account, policy, "--simulate"}},
		{"get x", "", []string{token, account, "--simulate"}},
		{"get", "CLOUDFLARE_API_TOKEN=t", []string{account, id}},
		{"get x", "CLOUDFLARE_API_TOKEN=t", []string{account}},
		{"get x --account-id a", "CLOUDFLARE_API_TOKEN=${TOKEN}", []string{token, "placeholder that the client did not expand, and so counted as unset: CLOUDFLARE_API_TOKEN", "--simulate"}},
		{"start --simulate", "", []string{policy}},
	} {
		status, stdout, stderr := run(t, []string{tt.env}, strings.Fields(tt.args)...)
		if status != exitUsage || stdout != "" {
			t.Errorf("%s: %d: %s", tt.args, status, stdout)
		}
		for _, text := range []string{token, account, id, policy, "--simulate"} {
			wanted := strings.Contains(strings.Join(tt.want, "\n"), text)
			if strings.Contains(stderr, text) != wanted {
				t.Errorf("%s: %q, wanted: %t, in\n%s", tt.args, text, wanted, stderr)
			}
		}
		for _, text := range tt.want {
			if !strings.Contains(stderr, text) {
				t.Errorf("%s: %q is not in\n%s", tt.args, text, stderr)
			}
		}
	}
}

// TestHelpWidth: help texts fit a terminal of the usual width.
func TestHelpWidth(t *testing.T) {
	commands := append(rootCommand(newSettings(nil)).Commands(), &cobra.Command{Use: "help"})
	for _, command := range commands {
		_, stdout, stderr := run(t, nil, command.Name(), "--help")
		if !strings.Contains(stdout, "\nExamples:\n") || !strings.Contains(stdout, "\nFlags:\n") || stderr != "" {
			t.Errorf("%s: %s%s", command.Name(), stdout, stderr)
		}
		for line := range strings.Lines(stdout) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > helpWidth {
				t.Errorf("%s: %d columns: %s", command.Name(), n, line)
			}
		}
	}
	_, stdout, _ := run(t, nil, "--help")
	for line := range strings.Lines(stdout) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > helpWidth {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}
