package clients

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"
)

// programName is that of this program, without the ending that Windows wants.
const programName = "access-policy-mcp"

// foreign reports whether an entry starts another program than this one, however it may
// have been called.
func foreign(is map[string]any, wanted object) bool {
	name := baseName(text(is, "command", "cmd"))
	if name == programName {
		return false
	}
	return !slices.ContainsFunc(wanted, func(m member) bool {
		command, _ := m.value.(string)
		return (m.key == "command" || m.key == "cmd") && name != "" && baseName(command) == name
	})
}

// baseName is the name of a program without its folder, of any operating system.
func baseName(command string) string {
	if command == "" {
		return ""
	}
	name := path.Base(strings.ReplaceAll(command, `\`, "/"))
	if ending := len(name) - len(".exe"); ending > 0 && strings.EqualFold(name[ending:], ".exe") {
		name = name[:ending]
	}
	return name
}

// replacedProgram is the name of the other program whose arguments a renewal takes away;
// "" if there is none.
func replacedProgram(is map[string]any, wanted object) string {
	list, _ := is["args"].([]any)
	if !isLocal(wanted) || len(list) == 0 || !foreign(is, wanted) {
		return ""
	}
	return baseName(text(is, "command", "cmd"))
}

// simulate is the one flag of an entry that a renewal without it takes away: nobody wants
// to go on with simulated answers unawares.
const simulate = "--simulate"

// argsRenewal sets our flags and keeps those of the user. Those of another program would
// keep this one from starting.
func argsRenewal(at []string, is map[string]any, wanted object) []change {
	list, present := is["args"]
	var ours []string
	for _, m := range wanted {
		if m.key == "args" {
			ours, _ = m.value.([]string)
		}
	}
	args := []string{}
	if !foreign(is, wanted) {
		args = usersArgs(list, ours)
	}
	for _, own := range ours {
		if !slices.Contains(args, own) {
			args = append(args, own)
		}
	}
	if !present && len(args) == 0 && !has(wanted, []string{"args"}) || reflect.DeepEqual(list, decoded(args)) {
		return nil
	}
	return []change{{path: at, value: args}}
}

// usersArgs are the arguments of an entry without those that ours replace.
func usersArgs(list any, ours []string) []string {
	args := []string{}
	items, _ := list.([]any)
	for i := 0; i < len(items); i++ {
		arg := fmt.Sprint(items[i])
		set := slices.IndexFunc(ours, func(own string) bool { return flagName(own) == flagName(arg) })
		if set < 0 && arg != simulate || set >= 0 && arg == ours[set] {
			args = append(args, arg)
			continue
		}
		if set >= 0 && !strings.Contains(arg, "=") && strings.Contains(ours[set], "=") {
			i++ // its value is an argument of its own
		}
	}
	return args
}

// flagName is the part of a flag before its value.
func flagName(arg string) string {
	name, _, _ := strings.Cut(arg, "=")
	return name
}
