package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"access-policy-mcp/tools"
)

// usageError says what is wrong with a command line, and where to read what is right.
func usageError(command *cobra.Command, text string) error {
	return exitWith(exitUsage, errors.New(text+"\nSee "+command.CommandPath()+" --help."))
}

// nearest are the names that a mistyped one may stand for, as words for the end of a
// sentence; "" if there are none. Cobra, which compares them, knows no names but those of
// commands.
func nearest(mistyped, prefix string, names []string) string {
	book := cobra.Command{SuggestionsMinimumDistance: 2}
	for _, name := range names {
		book.AddCommand(&cobra.Command{Use: name, Run: func(*cobra.Command, []string) {}})
	}
	var found []string
	for _, name := range book.SuggestionsFor(mistyped) {
		found = append(found, prefix+name)
	}
	if found == nil {
		return ""
	}
	return " Did you mean " + strings.Join(found, " or ") + "?"
}

// minTestID is the length from which on a word that is no command is taken for the ID of
// a test.
const minTestID = 24

// unknownCommand is the error for a command that does not exist.
func unknownCommand(root *cobra.Command, name string) error {
	var names []string
	for _, command := range root.Commands() {
		if command.IsAvailableCommand() {
			names = append(names, command.Name())
		}
	}
	hint := nearest(name, "", names)
	if hint == "" && len(name) >= minTestID && tools.PolicyTestID(name).Valid() {
		hint = fmt.Sprintf(" Did you mean %s get %s?", root.Name(), name)
	}
	return usageError(root, fmt.Sprintf("unknown command %q.%s", name, hint))
}

// noCommand is for the root, whose arguments are commands that do not exist.
func noCommand(root *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unknownCommand(root, args[0])
	}
	return nil
}

// noArguments is for commands that take none.
func noArguments(command *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError(command, fmt.Sprintf("%s takes no arguments, but there is %q.", command.CommandPath(), args[0]))
	}
	return nil
}

// oneTest is for commands about one test, whose ID may be missing.
func oneTest(command *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError(command, fmt.Sprintf("%s takes the ID of one test, but there are %d arguments.", command.CommandPath(), len(args)))
	}
	return nil
}

// noPolicies is for start, whose policies are values of a flag.
func noPolicies(command *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError(command, fmt.Sprintf("%s takes no arguments, but there is %q. Did you mean --policy %s?", command.CommandPath(), args[0], args[0]))
	}
	return nil
}

// flagError words what cobra reports about flags.
func flagError(command *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return unknownFlag(command, unknown)
	}
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return usageError(command, fmt.Sprintf("--%s: %s.", wrong.GetFlag().Name, valueWords(wrong)))
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		flag := missing.GetFlag()
		value, _ := pflag.UnquoteUsage(flag)
		return usageError(command, fmt.Sprintf("--%s needs a value: --%s %s.", flag.Name, flag.Name, value))
	}
	return usageError(command, err.Error()+".")
}

// valueWords say what is wrong with the value of a flag.
func valueWords(wrong *pflag.InvalidValueError) string {
	flag := wrong.GetFlag()
	switch kind := flag.Value.Type(); {
	case flag.Name == "log-level":
		return fmt.Sprintf("must be debug, info, warn or error, not %q", wrong.GetValue())
	case kind == "int":
		return fmt.Sprintf("must be a whole number, not %q", wrong.GetValue())
	case kind == "bool":
		return fmt.Sprintf("must be true or false, not %q", wrong.GetValue())
	default:
		return errors.Unwrap(wrong).Error()
	}
}

// unknownFlag is the error for a flag that does not exist.
func unknownFlag(command *cobra.Command, unknown *pflag.NotExistError) error {
	var names []string
	command.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			names = append(names, flag.Name)
		}
	})
	name := unknown.GetSpecifiedName()
	typed := "--" + name
	if shorthands := unknown.GetSpecifiedShortnames(); shorthands != "" {
		name, typed = shorthands, "-"+shorthands // -wait was meant for --wait
	}
	hint := ""
	if len(name) > 1 {
		hint = nearest(name, "--", names)
	}
	return usageError(command, fmt.Sprintf("unknown flag: %s.%s", typed, hint))
}
