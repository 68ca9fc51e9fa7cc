package clients

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// format is a kind of configuration file.
type format interface {
	// decode reads a whole file into maps, lists and values. An error says what is wrong,
	// also if a key on the path is there twice: nobody knows which one the client takes.
	decode(data []byte, path []string) (map[string]any, error)
	// set gives a new value to what is at a path, and makes what is missing on the way.
	// All else stays as it is, to the byte.
	set(data []byte, path []string, value any) ([]byte, error)
	// remove takes away what is at a path.
	remove(data []byte, path []string) ([]byte, error)
	// commented reports whether a file has a comment.
	commented(data []byte) bool
	// nullIsEmpty reports whether an object without members may be null.
	nullIsEmpty() bool
	// block is an object as a file of its own.
	block(o object) string
}

// errUnusual is about a file that could not be changed without a change to something else
// in it.
var errUnusual = errors.New("the file is laid out in a way that this program cannot change safely")

// change is a new value for what is at a path, or its removal.
type change struct {
	path   []string
	value  any
	remove bool
}

// apply makes changes one after the other, and makes sure of each that nothing else is
// another now.
func apply(f format, data []byte, changes []change) ([]byte, error) {
	for _, c := range changes {
		before, err := f.decode(data, c.path)
		if err != nil {
			return nil, err
		}
		var changed []byte
		if c.remove {
			changed, err = f.remove(data, c.path)
		} else {
			changed, err = f.set(data, c.path, c.value)
		}
		if err != nil {
			return nil, err
		}
		after, err := f.decode(changed, c.path)
		if err != nil || !asExpected(before, after, c) {
			return nil, errUnusual
		}
		data = changed
	}
	return data, nil
}

// asExpected reports whether a document has become what the change makes of it.
func asExpected(before, after map[string]any, c change) bool {
	if before == nil {
		before = map[string]any{}
	}
	at := before
	for _, key := range c.path[:len(c.path)-1] {
		next, ok := at[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			if c.remove {
				return reflect.DeepEqual(before, after)
			}
			at[key] = next
		}
		at = next
	}
	last := c.path[len(c.path)-1]
	if c.remove {
		delete(at, last)
	} else {
		at[last] = decoded(c.value)
	}
	return same(before, after)
}

// same reports whether two documents say the same. An object that has lost its last member
// may be missing or null, if that is how its format has it.
func same(a, b any) bool {
	left, isObject := a.(map[string]any)
	right, alsoObject := b.(map[string]any)
	if !isObject || !alsoObject {
		return reflect.DeepEqual(a, b) || isObject && len(left) == 0 && b == nil
	}
	for key, value := range left {
		other, ok := right[key]
		if empty, isObject := value.(map[string]any); !ok && (!isObject || len(empty) > 0) || ok && !same(value, other) {
			return false
		}
	}
	for key := range right {
		if _, ok := left[key]; !ok {
			return false
		}
	}
	return true
}

// decoded is a value as decode gives it.
func decoded(value any) any {
	switch v := value.(type) {
	case object:
		members := map[string]any{}
		for _, m := range v {
			members[m.key] = decoded(m.value)
		}
		return members
	case []string:
		list := []any{}
		for _, text := range v {
			list = append(list, text)
		}
		return list
	case int:
		return number(fmt.Sprint(v))
	default:
		return value
	}
}

// nest puts a value under the keys of a path.
func nest(path []string, value any) any {
	for _, key := range slices.Backward(path) {
		value = object{{key, value}}
	}
	return value
}

// splice is a replacement of data[from:to].
type splice struct {
	from, to int
	text     string
}

// spliced is data with all splices made, which come in order.
func spliced(data []byte, splices ...splice) []byte {
	var result []byte
	at := 0
	for _, s := range splices {
		result = append(append(result, data[at:s.from]...), s.text...)
		at = s.to
	}
	return append(result, data[at:]...)
}

// lineEnd is how lines end in a file.
func lineEnd(data []byte) string {
	if i := bytes.IndexByte(data, '\n'); i > 0 && data[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// lineStart is where the line begins that a position is in.
func lineStart(data []byte, at int) int { return bytes.LastIndexByte(data[:at], '\n') + 1 }

// indentAt is the white space at the beginning of the line that a position is in.
func indentAt(data []byte, at int) string {
	start := lineStart(data, at)
	end := start
	for end < len(data) && (data[end] == ' ' || data[end] == '\t') {
		end++
	}
	return string(data[start:end])
}

// byteOrderMark may begin a file that was written on Windows.
const byteOrderMark = "\ufeff"

// cutMark takes the byte order mark away from a file.
func cutMark(data []byte) (mark string, rest []byte) {
	if rest, ok := bytes.CutPrefix(data, []byte(byteOrderMark)); ok {
		return byteOrderMark, rest
	}
	return "", data
}

// Characters that need no quotes in any format.
const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)
