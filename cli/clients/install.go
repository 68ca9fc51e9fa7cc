package clients

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
)

// Action is what was done.
type Action string

// The actions.
const (
	Added     Action = "added"
	Renewed   Action = "renewed"
	Unchanged Action = "unchanged" // the entry was as it was to be
	Removed   Action = "removed"
	Absent    Action = "absent" // there was nothing to remove
)

// Result is what came of a change.
type Result struct {
	Action Action
	Path   string // of the client's file
	Backup string // where the file as it was before is kept; "" if there is none
	By     string // the client's own command that made the entry; "" if the file was edited

	// Replaced is the name of another program that the entry started before; "" if there
	// is none. Its arguments are gone.
	Replaced string

	// CommandErr is why the client's own command did not do it; nil if it was not asked.
	CommandErr error
}

// attempts are how often a change is tried while another program writes the file.
const attempts = 5

// ErrNowhere is about a file whose place the environment does not tell.
var ErrNowhere = errors.New("the environment does not tell where the client keeps its servers")

// Install adds our entry to a client or renews it. What somebody else has put into the
// entry or beside it stays. The client's own command makes a new entry if it is on the
// PATH, with the environment env, unless the file has comments, which such commands lose.
func (c Client) Install(ctx context.Context, m Machine, scope Scope, s Server, env []string) (Result, error) {
	result := Result{Path: c.Path(m, scope)}
	if result.Path == "" {
		return result, ErrNowhere
	}
	if err := c.tryCommand(ctx, m, scope, s, env, &result); err != nil {
		return result, err
	}
	action, err := c.change(&result, scope, func(data []byte) ([]byte, Action, error) {
		ours, err := c.ours(data)
		if err != nil {
			return nil, "", err
		}
		changes, err := renewal([]string{c.key, EntryName}, ours, c.wanted(s))
		if err != nil {
			return nil, "", err
		}
		result.Replaced = replacedProgram(ours, c.wanted(s))
		changed, err := apply(c.format, data, changes)
		switch {
		case ours == nil:
			return changed, Added, err
		case bytes.Equal(data, changed):
			return changed, Unchanged, err
		default:
			return changed, Renewed, err
		}
	})
	result.Action = action
	if result.By != "" && err == nil {
		result.Action = Added
	}
	return result, err
}

// Remove takes our entry away. A file that is then as it was before we came is put back
// exactly, and one that we have made is deleted.
func (c Client) Remove(m Machine, scope Scope) (Result, error) {
	result := Result{Path: c.Path(m, scope)}
	if result.Path == "" {
		return result, ErrNowhere
	}
	var err error
	result.Action, err = c.change(&result, scope, func(data []byte) ([]byte, Action, error) {
		ours, err := c.ours(data)
		if err != nil || ours == nil {
			return data, Absent, err
		}
		changed, err := c.without(data)
		return changed, Removed, err
	})
	return result, err
}

// without is a file without our entry.
func (c Client) without(data []byte) ([]byte, error) {
	changed, err := apply(c.format, data, []change{{path: []string{c.key, EntryName}, remove: true}})
	if err != nil || !c.format.nullIsEmpty() {
		return changed, err
	}
	document, err := c.format.decode(changed, nil)
	if servers, ok := document[c.key]; err == nil && ok && servers == nil {
		return apply(c.format, changed, []change{{path: []string{c.key}, remove: true}})
	}
	return changed, err
}

// change reads the client's file, edits it and puts it back, again if another program has
// written it in the meantime.
func (c Client) change(result *Result, scope Scope, edit func([]byte) ([]byte, Action, error)) (Action, error) {
	var err error
	for range attempts {
		var file content
		if file, err = readOrNew(result.Path); err != nil {
			return "", err
		}
		var changed []byte
		var action Action
		if changed, action, err = edit(file.data); err != nil {
			return "", fmt.Errorf("%s: %w", result.Path, err)
		}
		if bytes.Equal(changed, file.data) {
			return action, nil
		}
		if file.readOnly() {
			return "", fmt.Errorf("%s is read-only", result.Path)
		}
		if action == Removed {
			err = c.putBack(file, changed, result)
		} else if err = c.backUp(file, result); err == nil {
			err = file.replace(changed, scope == Project)
		}
		if err == nil || !errors.Is(err, errChanged) {
			return action, err
		}
	}
	return "", fmt.Errorf("%s: %w", result.Path, err)
}

// backUp keeps the file as it is. A backup that shows the file as it was before our entry
// came stays as long as nothing else has changed since.
func (c Client) backUp(file content, result *Result) error {
	if !file.exists || result.Backup != "" { // before the client's own command
		return nil
	}
	if ours, err := c.ours(file.data); err == nil && ours != nil && c.before(file, result.Path) != nil {
		result.Backup = backupPath(result.Path)
		return nil
	}
	path, err := file.writeBeside(file.data, backupPath(result.Path), 0o600)
	if err == nil {
		result.Backup = path
	}
	return err
}

// putBack writes a file without our entry: as it was before that came, if nothing else has
// changed since. A file that has nothing but our entry was made for it, and goes.
func (c Client) putBack(file content, changed []byte, result *Result) error {
	backup := backupPath(result.Path)
	if before := c.before(file, result.Path); before != nil {
		if err := file.replace(before.data, false); err != nil {
			return err
		}
		return os.Remove(backup)
	}
	if info, err := os.Lstat(result.Path); err == nil && info.Mode().IsRegular() && c.onlyAdds(file.data, nil) {
		if !file.unchanged() {
			return errChanged
		}
		if old, err := read(backup); err == nil && c.onlyAdds(old.data, nil) {
			_ = os.Remove(backup) // there is nothing else in it either
		}
		return os.Remove(file.path)
	}
	if _, err := file.writeBeside(file.data, backup, 0o600); err != nil {
		return err
	}
	result.Backup = backup
	return file.replace(changed, false)
}

// before is the backup of a file, if the file is nothing but that with our entry added;
// nil if it is not.
func (c Client) before(file content, named string) *content {
	kept, err := read(backupPath(named))
	if err != nil || !c.onlyAdds(file.data, kept.data) {
		return nil
	}
	if ours, err := c.ours(kept.data); err != nil || ours != nil {
		return nil
	}
	return &kept
}

// onlyAdds reports whether a file is what becomes of another one when our entry, whatever
// is in it, is added there.
func (c Client) onlyAdds(data, to []byte) bool {
	path := []string{c.key, EntryName}
	if _, err := c.ours(to); err != nil {
		return false // what does not parse is not to be edited either
	}
	now, err := c.format.remove(data, path)
	if err != nil {
		return false
	}
	added, err := c.format.set(to, path, object{{"command", ""}})
	if err != nil {
		return false
	}
	then, err := c.format.remove(added, path)
	return err == nil && bytes.Equal(then, now)
}
