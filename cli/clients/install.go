package clients

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	entry := c.local(s)
	if s.URL != "" {
		entry = c.remote(s)
	}
	action, err := c.change(&result, scope, func(data []byte) ([]byte, Action, error) {
		ours, err := c.ours(data)
		if err != nil {
			return nil, "", err
		}
		changed, err := apply(c.format, data, renewal([]string{c.key, EntryName}, ours, entry))
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
		if err = file.writable(result.Path); err != nil {
			return "", err
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
	if !file.exists {
		return nil
	}
	if ours, err := c.ours(file.data); err == nil && ours != nil {
		before, whole := c.before(file, result.Path)
		if before != nil {
			result.Backup = backupPath(result.Path)
		}
		if before != nil || whole {
			return nil
		}
	}
	path, err := file.writeBeside(file.data, backupPath(result.Path), 0o600)
	if err == nil {
		result.Backup = path
	}
	return err
}

// putBack writes a file without our entry: as it was before that came, if nothing else has
// changed since.
func (c Client) putBack(file content, changed []byte, result *Result) error {
	before, whole := c.before(file, result.Path)
	switch {
	case before != nil:
		if err := file.replace(before.data, false); err != nil {
			return err
		}
		return os.Remove(backupPath(result.Path))
	case whole && file.path == filepath.Clean(result.Path):
		if !file.unchanged() {
			return errChanged
		}
		return os.Remove(file.path)
	}
	path, err := file.writeBeside(file.data, backupPath(result.Path), 0o600)
	if err != nil {
		return err
	}
	result.Backup = path
	return file.replace(changed, false)
}

// before is the backup of a file, if the file is nothing but that with our entry added;
// nil if it is not. The file is whole if there is no backup, and nothing but our entry in
// the file: then it was made for that.
func (c Client) before(file content, named string) (backup *content, whole bool) {
	now, err := c.format.remove(file.data, []string{c.key, EntryName})
	if err != nil {
		return nil, false
	}
	isThis := func(data []byte) bool {
		if ours, err := c.ours(data); err != nil || ours != nil {
			return false
		}
		path := []string{c.key, EntryName}
		added, err := c.format.set(data, path, object{{"command", ""}})
		if err != nil {
			return false
		}
		then, err := c.format.remove(added, path)
		return err == nil && bytes.Equal(then, now)
	}
	kept, err := read(backupPath(named))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, isThis(nil)
	}
	if err == nil && isThis(kept.data) {
		return &kept, false
	}
	return nil, false
}
