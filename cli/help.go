package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is the width of help texts: that of the smallest terminal in common use.
const helpWidth = 80

// serverFlags are the flags of every command that say what a server offers: of no use to
// a person who asks for something, and so only in the help of servers and of install.
func serverFlags() []string { return []string{"tools", "allow-start"} }

// serverCommands are the commands that serve.
func serverCommands() []string { return []string{"stdio", "http"} }

// addHelp makes every command explain itself in the same form.
func addHelp(root *cobra.Command) {
	root.SetHelpFunc(func(command *cobra.Command, _ []string) {
		_ = printHelp(command.OutOrStdout(), command) // a reader that is gone misses nothing
	})
	root.SetHelpCommand(&cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Explain a command",
		Long:    "Explains a command, as COMMAND --help does.",
		Example: "  access-policy-mcp help get",
		RunE: func(_ *cobra.Command, args []string) error {
			command, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(root, args[0])
			}
			command.InitDefaultHelpFlag()
			return exitWith(exitFailure, printHelp(root.OutOrStdout(), command))
		},
	})
	root.SetFlagErrorFunc(flagError)
}

// printHelp writes what a command is for, how to type it, examples, and its flags; those
// of every command are a group of their own.
func printHelp(w io.Writer, command *cobra.Command) error {
	var text strings.Builder
	text.WriteString(command.Long + "\n\nUsage:\n  " + usageLine(command) + "\n")
	if command.Example != "" {
		text.WriteString("\nExamples:\n" + command.Example + "\n")
	}
	if command.HasAvailableSubCommands() {
		text.WriteString("\nCommands:\n")
		for _, sub := range command.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&text, "  %-12s%s\n", sub.Name(), sub.Short)
			}
		}
	}
	own, global := pflag.NewFlagSet("", pflag.ContinueOnError), pflag.NewFlagSet("", pflag.ContinueOnError)
	own.SortFlags, global.SortFlags = false, false
	everywhere := command.Root().PersistentFlags()
	serves := !command.HasParent() || command.Name() == "install" || slices.Contains(serverCommands(), command.Name())
	add := func(flag *pflag.Flag) {
		switch {
		case flag.Name == "help" || everywhere.Lookup(flag.Name) == nil:
			own.AddFlag(flag)
		case serves || !slices.Contains(serverFlags(), flag.Name):
			global.AddFlag(flag)
		}
	}
	command.Flags().SortFlags = false
	command.LocalFlags().VisitAll(add)
	command.InheritedFlags().VisitAll(add)
	text.WriteString("\nFlags:\n" + own.FlagUsagesWrapped(helpWidth))
	if global.HasFlags() {
		text.WriteString("\nGlobal flags:\n" + global.FlagUsagesWrapped(helpWidth))
	}
	if !command.HasParent() {
		text.WriteString("\n" + command.Name() + " COMMAND --help explains a command.\n")
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func usageLine(command *cobra.Command) string {
	if !command.HasParent() {
		return command.Name() + " [COMMAND] [flags]"
	}
	return command.UseLine()
}

// flagNames are the names of the flags, in their order.
func flagNames(flags *pflag.FlagSet) []string {
	var names []string
	flags.VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
	return names
}
