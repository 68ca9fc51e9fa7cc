package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a script that completes commands in your shell",
		Long: "Prints a script with which your shell completes commands, flags and values.\n" +
			"In bash it needs the package bash-completion.",
		Example: "  source <(access-policy-mcp completion bash)             # in ~/.bashrc\n" +
			"  source <(access-policy-mcp completion zsh)              # in ~/.zshrc\n" +
			"  access-policy-mcp completion fish | source              # in config.fish\n" +
			"  access-policy-mcp completion powershell | Out-String | Invoke-Expression",
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args: func(command *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return usageError(command, "a shell is missing: bash, zsh, fish or powershell.")
			case len(args) > 1:
				return usageError(command, "one shell is enough.")
			}
			return nil
		},
		DisableFlagsInUseLine: true,
		RunE: func(command *cobra.Command, args []string) error {
			root, out := command.Root(), command.OutOrStdout()
			var err error
			switch args[0] {
			case "bash":
				err = root.GenBashCompletionV2(out, true)
			case "zsh":
				err = root.GenZshCompletion(out)
			case "fish":
				err = root.GenFishCompletion(out, true)
			case "powershell":
				err = root.GenPowerShellCompletionWithDesc(out)
			default:
				return usageError(command, "there is no completion for "+args[0]+": the shells are bash, zsh, fish and powershell."+nearest(args[0], "", command.ValidArgs))
			}
			return exitWith(exitFailure, err)
		},
	}
}

// flagValues are the values that a shell offers for flags, each with a description after
// a tab.
func flagValues() map[string][]string {
	return map[string][]string{
		"status":     {"approved\twould be let in", "blocked\twould be locked out", "error\tcould not be evaluated"},
		"output":     {"table", "tsv", "csv", "json"},
		"color":      {"auto", "always", "never"},
		"log-level":  {"debug", "info", "warn", "error"},
		"log-format": {"text", "json"},
		"scope":      {"user\tfor all of your projects", "project\tfor everybody who works in this folder"},
		"wait":       {"30s", "10m", "1h", "24h"},
	}
}

// addValueCompletions lets shells complete the values of flags. For a flag whose values
// nobody can know they offer nothing, and no names of files either.
func addValueCompletions(root *cobra.Command, settings *Settings) {
	values := flagValues()
	for _, command := range append(root.Commands(), root) {
		flags := append(flagNames(command.LocalFlags()), flagNames(command.PersistentFlags())...)
		for _, name := range flags {
			complete := cobra.FixedCompletions(values[name], cobra.ShellCompDirectiveNoFileComp)
			if name == "policy" {
				complete = policyFiles
			}
			_ = command.RegisterFlagCompletionFunc(name, complete) // a flag has one already if it is of every command
		}
		switch {
		case slices.Contains([]string{"get", "users"}, command.Name()):
			command.ValidArgsFunction = settings.completeTest
		case command.Name() == "install":
			command.ValidArgsFunction = cobra.FixedCompletions(clientOffers(), cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveKeepOrder)
		case command.ValidArgs == nil && command.ValidArgsFunction == nil:
			command.ValidArgsFunction = cobra.NoFileCompletions
		}
	}
}

// completeTest offers the IDs of remembered tests, the newest first.
func (s *Settings) completeTest(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	const directive = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	if len(args) > 0 {
		return nil, directive
	}
	tests, _ := s.rememberedTests() // a history that cannot be read offers nothing
	var offers []string
	for _, test := range tests {
		if test.Simulated == s.Simulate {
			offers = append(offers, fmt.Sprintf("%s\tasked about %s %s", test.PolicyTestID, ago(time.Since(test.AskedAt)), resultOf(test).Status))
		}
	}
	return offers, directive
}

// policyFiles completes @FILE.
func policyFiles(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	start, ok := strings.CutPrefix(typed, "@")
	if !ok {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	files, _ := filepath.Glob(start + "*") // a pattern in the name matches nothing
	for i := range files {
		files[i] = "@" + files[i]
	}
	return files, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
