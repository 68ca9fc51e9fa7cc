package clients

import (
	"fmt"
	"reflect"
	"slices"
)

// Keys of the two kinds of entries, in all clients.
var (
	localKeys  = []string{"command", "cmd", "args", "env", "envs", "env_vars", "cwd"}
	remoteKeys = []string{"url", "serverUrl", "httpUrl", "uri", "headers", "http_headers", "env_http_headers", "bearer_token_env_var", "requestInit"}
)

// switchKeys mean something else for the other kind of entry.
var switchKeys = []string{"env_keys"}

// usersKeys are for the user to change once they are there.
var usersKeys = []string{"enabled", "timeout"}

// renewal are the changes that make of what is at a path, nil if that is nothing, what an
// entry wants. They leave alone what the entry says nothing about.
func renewal(path []string, is map[string]any, wanted object) ([]change, error) {
	if is == nil {
		return []change{{path: path, value: wanted}}, nil
	}
	at := func(keys ...string) []string { return append(slices.Clone(path), keys...) }
	changes := obsoleteMembers(path, is, wanted)
	left, changesOfCredentials := withoutStaleCredentials(path, is, wanted)
	changes = append(changes, changesOfCredentials...)
	if err := checkCredentials(left, wanted); err != nil {
		return nil, err
	}
	for _, m := range wanted {
		old, present := left[m.key]
		if m.key == "args" || present && (slices.Contains(usersKeys, m.key) || reflect.DeepEqual(old, decoded(m.value))) {
			continue
		}
		changes = append(changes, memberRenewal(at(m.key), old, m.value, present)...)
	}
	if isLocal(wanted) {
		changes = append(changes, argsRenewal(at("args"), is, wanted)...)
	}
	return changes, nil
}

// obsoleteMembers removes what belongs to the other kind of entry.
func obsoleteMembers(path []string, is map[string]any, wanted object) []change {
	obsolete, types := localKeys, []string{"stdio", "sse"}
	was := remoteKeys
	if isLocal(wanted) {
		obsolete, types = remoteKeys, []string{"http", "sse", "streamable_http", "streamable-http", "streamableHttp"}
		was = localKeys
	}
	if !slices.ContainsFunc(was, func(key string) bool { return is[key] != nil }) {
		obsolete = slices.Concat(obsolete, switchKeys)
	}
	if kind, ok := is["type"].(string); ok && slices.Contains(types, kind) {
		obsolete = slices.Concat(obsolete, []string{"type"})
	}
	var changes []change
	for _, key := range obsolete {
		if _, ok := is[key]; ok && !has(wanted, []string{key}) {
			changes = append(changes, change{path: append(slices.Clone(path), key), remove: true})
		}
	}
	return changes
}

// isLocal reports whether an entry is for stdio.
func isLocal(wanted object) bool { return has(wanted, []string{"command", "cmd"}) }

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
