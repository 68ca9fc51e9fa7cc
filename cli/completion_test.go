package cli

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"access-policy-mcp/cli/clients"
)

// complete is what a shell would offer for the last of the words.
func complete(t *testing.T, words ...string) []string {
	t.Helper()
	status, stdout, stderr := run(t, nil, append([]string{cobra.ShellCompNoDescRequestCmd}, words...)...)
	if status != 0 {
		t.Fatalf("%v: %d: %s%s", words, status, stdout, stderr)
	}
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	return lines[:len(lines)-1] // the last one tells the shell how to go on
}

// TestCompletion: commands, flags and their values are offered.
func TestCompletion(t *testing.T) {
	for words, want := range map[string]string{
		"ge":                    "get",
		"users --stat":          "--status",
		"users --status ":       "approved blocked error",
		"users --output ":       "table tsv csv json",
		"get --color ":          "auto always never",
		"get --log-level ":      "debug info warn error",
		"http --log-format ":    "text json",
		"start --wait ":         "30s 10m 1h 24h",
		"install ":              strings.Join(clients.Names(), " "),
		"install zed --scope ":  "user project",
		"completion ":           "bash zsh fish powershell",
		"start --policy @compl": "@completion.go @completion_test.go",
		"start --policy ":       "",
		"get --max-blocked ":    "",
	} {
		if got := strings.Join(complete(t, strings.Split(words, " ")...), " "); got != want {
			t.Errorf("%q: %s, want %s", words, got, want)
		}
	}
}

// TestCompletedTests: the tests of the history are offered, simulated ones with --simulate.
func TestCompletedTests(t *testing.T) {
	env := []string{"HOME=" + t.TempDir(), "LOCALAPPDATA=" + t.TempDir()}
	status, id, stderr := run(t, env, "start", "-q", "--simulate", "--policy", "abc")
	if status != 0 {
		t.Fatal(stderr)
	}
	for args, want := range map[string]bool{"get --simulate": true, "users --simulate": true, "get": false, "get --simulate a": false, "get --simulate --no-history": false, "start --simulate": false} {
		_, stdout, _ := run(t, env, append([]string{cobra.ShellCompNoDescRequestCmd}, append(strings.Fields(args), "")...)...)
		if got := strings.HasPrefix(stdout, id); got != want {
			t.Errorf("%s: offered: %t\n%s", args, got, stdout)
		}
	}
}

// TestCompletedValues: a flag that the help gives a list of values for offers them.
func TestCompletedValues(t *testing.T) {
	forEachFlag(t, func(_ *cobra.Command, flag *pflag.Flag) {
		name, _ := pflag.UnquoteUsage(flag)
		if strings.Count(name, "|") > 1 && flagValues()[flag.Name] == nil {
			t.Errorf("no values of --%s are offered", flag.Name)
		}
	})
}

// bashCompletion completes "users --status b" in a bash without the package bash-completion, of which the
// script needs one function.
const bashCompletion = `
_get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
compopt() { :; } # which only a real completion may call
access-policy-mcp() { printf '%s\n' "$OFFER" ':4'; }
eval "$SCRIPT"
COMP_WORDS=(access-policy-mcp users --status b); COMP_CWORD=3; COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
__start_access-policy-mcp
echo "offered: ${COMPREPLY[*]}"
`

// TestCompletionScripts: there is a script for each shell, and bash takes its own.
func TestCompletionScripts(t *testing.T) {
	scripts := map[string]string{}
	for shell, want := range map[string]string{
		"bash":       "complete -o default -F __start_access-policy-mcp access-policy-mcp",
		"zsh":        "#compdef access-policy-mcp",
		"fish":       "complete -c access-policy-mcp",
		"powershell": "Register-ArgumentCompleter -CommandName 'access-policy-mcp'",
	} {
		status, stdout, stderr := run(t, nil, "completion", shell)
		if status != 0 || stderr != "" || !strings.Contains(stdout, want) {
			t.Errorf("%s: %d: %s", shell, status, stderr)
		}
		scripts[shell] = stdout
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	offer := strings.Join(complete(t, "users", "--status", "b"), "\n")
	cmd := exec.Command(bash, "--norc", "-c", bashCompletion)
	cmd.Env = append(cmd.Environ(), "SCRIPT="+scripts["bash"], "OFFER="+offer)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "offered: blocked" {
		t.Errorf("%v: %s", err, out)
	}
}
