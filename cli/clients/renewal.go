package clients

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Keys of the two kinds of entries, in all clients.
var (
	localKeys  = []string{"command", "cmd", "args", "env", "envs", "env_vars", "cwd"}
	remoteKeys = []string{"url", "serverUrl", "httpUrl", "uri", "headers", "http_headers", "env_http_headers", "bearer_token_env_var", "requestInit"}
)

// usersKeys are for the user to change once they are there.
var usersKeys = []string{"enabled", "timeout"}

// renewal are the changes that make of what is at a path, nil if that is nothing, what an
// entry wants. They leave alone what the entry says nothing about.
func renewal(path []string, is map[string]any, wanted object) []change {
	if is == nil {
		return []change{{path: path, value: wanted}}
	}
	var changes []change
	at := func(keys ...string) []string { return append(slices.Clone(path), keys...) }
	obsolete := localKeys
	if has(wanted, localKeys) {
		obsolete = remoteKeys
	}
	for _, key := range obsolete {
		if _, ok := is[key]; ok && !has(wanted, []string{key}) {
			changes = append(changes, change{path: at(key), remove: true})
		}
	}
	for _, m := range wanted {
		old, present := is[m.key]
		if m.key == "args" || present && (slices.Contains(usersKeys, m.key) || reflect.DeepEqual(old, decoded(m.value))) {
			continue
		}
		changes = append(changes, memberRenewal(at(m.key), old, m.value, present)...)
	}
	if has(wanted, localKeys) {
		changes = append(changes, argsRenewal(at("args"), is, wanted)...)
	}
	return changes
}

// memberRenewal sets one member. What is in a list or an object besides stays there.
func memberRenewal(path []string, old, wanted any, present bool) []change {
	inner, isObject := wanted.(object)
	list, isList := wanted.([]string)
	switch {
	case isList && present:
		if missing := lacking(old, list); missing != nil {
			return []change{{path: path, value: missing}}
		}
		return nil
	case isObject && present:
		return membersRenewal(path, old, inner)
	default:
		return []change{{path: path, value: wanted}}
	}
}

func has(o object, keys []string) bool {
	return slices.ContainsFunc(o, func(m member) bool { return slices.Contains(keys, m.key) })
}

// simulate is the one flag of an entry that a renewal without it takes away: nobody wants
// to go on with simulated answers unawares.
const simulate = "--simulate"

// argsRenewal sets our flags and keeps those of the user.
func argsRenewal(path []string, is map[string]any, wanted object) []change {
	list, present := is["args"]
	var ours []string
	for _, m := range wanted {
		if m.key == "args" {
			ours, _ = m.value.([]string)
		}
	}
	args := usersArgs(list, ours)
	for _, own := range ours {
		if !slices.Contains(args, own) {
			args = append(args, own)
		}
	}
	if !present && len(args) == 0 && !has(wanted, []string{"args"}) || reflect.DeepEqual(list, decoded(args)) {
		return nil
	}
	return []change{{path: path, value: args}}
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

// lacking is a list with what it lacks; nil if that is nothing.
func lacking(old any, wanted []string) []string {
	var all []string
	items, _ := old.([]any)
	for _, item := range items {
		all = append(all, fmt.Sprint(item))
	}
	before := len(all)
	for _, text := range wanted {
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	if len(all) == before {
		return nil
	}
	return all
}

// membersRenewal sets members of an object that is there.
func membersRenewal(path []string, old any, wanted object) []change {
	is, _ := old.(map[string]any)
	var changes []change
	for _, m := range wanted {
		if !reflect.DeepEqual(is[m.key], decoded(m.value)) {
			changes = append(changes, change{path: append(slices.Clone(path), m.key), value: m.value})
		}
	}
	return changes
}
