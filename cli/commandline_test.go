package cli

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// forEachFlag visits every flag of every command.
func forEachFlag(t *testing.T, visit func(command *cobra.Command, flag *pflag.Flag)) {
	t.Helper()
	root := rootCommand(newSettings(nil))
	visited := 0
	for _, command := range append(root.Commands(), root) {
		command.InheritedFlags() // adds the flags of every command
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			visited++
			visit(command, flag)
		})
	}
	if visited < 50 {
		t.Fatalf("only %d flags were found", visited)
	}
}

// TestHelp: every command and every flag says what it is for.
func TestHelp(t *testing.T) {
	forEachFlag(t, func(command *cobra.Command, flag *pflag.Flag) {
		if command.Short == "" || command.Long == "" || command.Example == "" || flag.Usage == "" {
			t.Errorf("%s --%s has no help", command.Name(), flag.Name)
		}
	})
}

// TestDocumented: docs/configuration.md has every flag, every variable that belongs to no
// flag, and the variables of the flags of servers.
func TestDocumented(t *testing.T) {
	data, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	mentioned := func(name string) bool {
		return regexp.MustCompile(`(^|[^A-Za-z0-9_-])` + name + `($|[^A-Za-z0-9_-])`).Match(data)
	}
	var names []string
	forEachFlag(t, func(command *cobra.Command, flag *pflag.Flag) {
		names = append(names, "--"+flag.Name)
		ofServers := command.Name() == "http" || command.Root().PersistentFlags().Lookup(flag.Name) != nil
		if ofServers && flag.Name != "help" {
			names = append(names, variableOf(flag))
		}
	})
	for _, v := range newSettings(nil).variables() {
		names = append(names, v.name)
		if v.secret {
			names = append(names, v.name+"_FILE")
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if !mentioned(name) {
			t.Errorf("%s is missing", name)
		}
	}
}

// run runs a command line and returns its exit status, stdout and stderr.
func run(t *testing.T, env []string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errors bytes.Buffer
	status = Run(t.Context(), args, env, strings.NewReader(""), &out, &errors)
	return status, out.String(), errors.String()
}

// TestRun: the environment is that of the call, not that of the process.
func TestRun(t *testing.T) {
	t.Setenv("ACCESS_POLICY_MCP_LOG_FORMAT", "xml")
	t.Setenv("CLOUDFLARE_API_TOKEN_FILE", "nowhere")
	t.Setenv("ACCESS_POLICY_MCP_SIMULATE", "${SIMULATE}")
	if status, stdout, stderr := run(t, []string{"ACCESS_POLICY_MCP_SIMULATE=true"}, "get", "example-documented"); status != 0 || !strings.Contains(stdout, "is complete") {
		t.Errorf("%d: %s%s", status, stdout, stderr)
	}
	if status, stdout, stderr := run(t, nil, "get"); status != exitUsage || stdout != "" || !strings.Contains(stderr, "the ID of a test is missing") {
		t.Errorf("%d: %s%s", status, stdout, stderr)
	}
	if status, _, stderr := run(t, []string{"CLOUDFLARE_API_TOKEN=t", "CLOUDFLARE_API_TOKEN_FILE=x"}, "get", "x"); status != exitUsage || !strings.Contains(stderr, "are both set") {
		t.Errorf("%d: %s", status, stderr)
	}
}

// TestNoArguments: the arguments are those of the call, not those of the process.
func TestNoArguments(t *testing.T) {
	arguments := os.Args
	t.Cleanup(func() { os.Args = arguments })
	os.Args = []string{arguments[0], "version"}
	if status, stdout, stderr := run(t, []string{"ACCESS_POLICY_MCP_SIMULATE=true"}); status != 0 || stdout != "" || !strings.Contains(stderr, "serving MCP over stdin") {
		t.Errorf("%d: %s%s", status, stdout, stderr)
	}
}
