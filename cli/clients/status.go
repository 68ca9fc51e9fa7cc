package clients

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Status is how a client stands.
type Status struct {
	Client  Client
	Here    bool    // the client is on this machine
	Entries []Entry // one for each scope of the client
}

// Entry is what a file of a client says about this program.
type Entry struct {
	Scope   Scope
	Path    string   // of the file; "" if the environment does not tell where it is
	Err     error    // why the file cannot be read; nil if it can, or does not exist
	Present bool     // the file has our entry
	Command string   // that the entry starts; "" if it has none
	Args    []string // of the command
	URL     string   // of the server over HTTP that the entry has instead
	Off     bool     // the entry is there, but switched off

	// CommandErr is why Command cannot be started, or ends at once; nil if it seems that it
	// serves.
	CommandErr error
}

// Works reports whether there is an entry with which the client can start or reach the
// server, as far as the file tells.
func (e Entry) Works() bool {
	return e.Present && e.Err == nil && e.CommandErr == nil && !e.Off && (e.Command != "" || e.URL != "")
}

// Statuses are those of all clients.
func Statuses(m Machine) []Status {
	var statuses []Status
	for _, c := range All() {
		statuses = append(statuses, c.Status(m))
	}
	return statuses
}

// Status looks at the client's files. It changes nothing, and starts nothing.
func (c Client) Status(m Machine) Status {
	status := Status{Client: c, Here: c.Here(m)}
	for _, scope := range c.Scopes() {
		status.Entries = append(status.Entries, c.entry(m, scope))
	}
	return status
}

func (c Client) entry(m Machine, scope Scope) Entry {
	entry := Entry{Scope: scope, Path: c.Path(m, scope)}
	if entry.Path == "" {
		return entry
	}
	content, err := read(entry.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return entry
	}
	if err != nil {
		entry.Err = err
		return entry
	}
	ours, err := c.ours(content.data)
	if err != nil {
		entry.Err = fmt.Errorf("%s: %w", entry.Path, err)
		return entry
	}
	if ours == nil {
		return entry
	}
	entry.Present = true
	entry.Command = text(ours, "command", "cmd")
	entry.URL = text(ours, "url", "serverUrl", "httpUrl", "uri")
	args, _ := ours["args"].([]any)
	for _, arg := range args {
		entry.Args = append(entry.Args, fmt.Sprint(arg))
	}
	entry.Off = ours["enabled"] == false || ours["disabled"] == true
	if entry.URL == "" {
		entry.CommandErr = cmp.Or(m.startable(entry.Command), credentialProblem(ours))
	}
	return entry
}

// ours is our entry in a file; nil if it has none.
func (c Client) ours(data []byte) (map[string]any, error) {
	document, err := c.format.decode(data, []string{c.key, EntryName})
	if err != nil {
		return nil, err
	}
	servers, ok := document[c.key]
	if !ok {
		return nil, nil
	}
	objects, ok := servers.(map[string]any)
	if !ok && (servers != nil || !c.format.nullIsEmpty()) {
		return nil, fmt.Errorf("%q is %s, but must be an object", c.key, kindOf(servers))
	}
	entry, ok := objects[EntryName]
	if !ok {
		return nil, nil
	}
	ours, ok := entry.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%q in %q is %s, but must be an object", EntryName, c.key, kindOf(entry))
	}
	return ours, nil
}

// kindOf says what a value of a file is.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	case string:
		return "a text"
	case bool:
		return "true or false"
	default:
		return "a number or a date"
	}
}

// text is the first of the keys that has a text.
func text(entry map[string]any, keys ...string) string {
	for _, key := range keys {
		if value, ok := entry[key].(string); ok {
			return value
		}
	}
	return ""
}

// startable says why a command cannot be started.
func (m Machine) startable(command string) error {
	switch {
	case command == "":
		return errors.New("the entry has no command")
	case filepath.IsAbs(command):
		return m.runs(command)
	case strings.ContainsAny(command, `/\`):
		return fmt.Errorf("%s depends on the folder that the client is started in", command)
	case m.Command(command) == "":
		return fmt.Errorf("%s is not on the PATH", command)
	default:
		return nil
	}
}

// credentialProblem says why the server does not start with the variables of an entry. A
// path is left out: a secret may have been put in its place.
func credentialProblem(is map[string]any) error {
	for _, key := range valueKeys {
		members, _ := is[key].(map[string]any)
		for _, name := range credentialVariables {
			if file, ok := members[name].(string); ok && strings.HasSuffix(name, fileSuffix) && filepath.IsAbs(file) && isGone(file) {
				return fmt.Errorf("%s in the entry names a file that does not exist", name)
			}
		}
	}
	if bothSet(namesSet(is)) != nil {
		return errors.New("a credential and a file with one are both in the entry: take one of them away")
	}
	return nil
}

// runs says why a file cannot be started.
func (m Machine) runs(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s does not exist", path)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a program", path)
	case m.GOOS != windows && info.Mode()&0o111 == 0:
		return fmt.Errorf("%s is not executable", path)
	default:
		return nil
	}
}
