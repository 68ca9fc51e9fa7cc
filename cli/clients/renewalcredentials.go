package clients

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
)

// credentialVariables are those with a credential, or with the name of a file that has one.
var credentialVariables = []string{"CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_TOKEN_FILE", "CLOUDFLARE_EMAIL", "CLOUDFLARE_API_KEY", "CLOUDFLARE_API_KEY_FILE"}

// Keys of an entry that have variables with their values, and those with names alone.
var (
	valueKeys = []string{"env", "envs"}
	nameKeys  = []string{"env_vars"}
)

// fileSuffix ends the name of a variable with the name of a file.
const fileSuffix = "_FILE"

func isFileVariable(name string) bool {
	return slices.Contains(credentialVariables, name) && strings.HasSuffix(name, fileSuffix)
}

// withoutStaleCredentials takes away the references to credentials and the files with one
// that are gone, which an earlier renewal has written, and which this one does not want. A
// credential that somebody has written into the entry stays. left is what the entry then is.
func withoutStaleCredentials(path []string, is map[string]any, wanted object) (left map[string]any, changes []change) {
	left = maps.Clone(is)
	for _, key := range slices.Concat(valueKeys, nameKeys) {
		kept, gone := withoutStale(is[key], namesIn(wanted, key))
		at := append(slices.Clone(path), key)
		switch {
		case gone == nil:
			continue
		case isEmpty(kept) && !has(wanted, []string{key}):
			changes = append(changes, change{path: at, remove: true})
			delete(left, key)
			continue
		}
		left[key] = kept
		if list, ok := kept.([]any); ok {
			changes = append(changes, change{path: at, value: texts(list)})
			continue
		}
		for _, name := range gone {
			changes = append(changes, change{path: append(slices.Clone(at), name), remove: true})
		}
	}
	return left, changes
}

// withoutStale is what stays of the variables of an entry, and the names of those that do
// not.
func withoutStale(value any, wanted []string) (kept any, gone []string) {
	switch v := value.(type) {
	case map[string]any:
		members := maps.Clone(v)
		for _, name := range credentialVariables {
			if member, ok := v[name].(string); ok && !slices.Contains(wanted, name) && stale(name, member) {
				delete(members, name)
				gone = append(gone, name)
			}
		}
		return members, gone
	case []any:
		list := []any{}
		for _, item := range v {
			if name, ok := item.(string); ok && slices.Contains(credentialVariables, name) && !slices.Contains(wanted, name) {
				gone = append(gone, name)
				continue
			}
			list = append(list, item)
		}
		return list, gone
	}
	return value, nil
}

// stale reports whether a variable is a reference to itself, or names a file that is gone.
func stale(name, value string) bool {
	references := []string{shellReference(name), envReference(name), bareReference(name), "$" + name}
	return slices.Contains(references, value) || isFileVariable(name) && isGone(value)
}

func isGone(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// namesIn are the names of the variables that an entry has under a key.
func namesIn(entry object, key string) []string {
	var names []string
	for _, m := range entry {
		if m.key != key {
			continue
		}
		switch v := m.value.(type) {
		case object:
			for _, variable := range v {
				names = append(names, variable.key)
			}
		case []string:
			names = append(names, v...)
		}
	}
	return names
}

// namesSet are the names of the variables that the entry of a file has.
func namesSet(is map[string]any) []string {
	var names []string
	for _, key := range slices.Concat(valueKeys, nameKeys) {
		switch v := is[key].(type) {
		case map[string]any:
			for name := range v {
				names = append(names, name)
			}
		case []any:
			names = append(names, texts(v)...)
		}
	}
	return names
}

// checkCredentials refuses an entry that would have a credential and a file with one: the
// server does not start with both, and which one is meant cannot be told.
func checkCredentials(is map[string]any, wanted object) error {
	if !isLocal(wanted) {
		return nil
	}
	names := namesSet(is)
	for _, key := range slices.Concat(valueKeys, nameKeys) {
		names = append(names, namesIn(wanted, key)...)
	}
	return bothSet(names)
}

// bothSet is the error of variables of which two say the same.
func bothSet(names []string) error {
	for _, name := range names {
		if slices.Contains(names, name+fileSuffix) {
			return fmt.Errorf("%s and %s would both be in the entry: take one of them away there", name, name+fileSuffix)
		}
	}
	return nil
}

func isEmpty(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

// texts are the items of a list as texts.
func texts(list []any) []string {
	all := []string{}
	for _, item := range list {
		all = append(all, fmt.Sprint(item))
	}
	return all
}
