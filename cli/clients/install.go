package clients

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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

	// Damaged says that the client's own command has changed the file for the worse, and that
	// it could not be put back.
	Damaged bool

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
// PATH, unless the file has comments, which such commands lose.
func (c Client) Install(ctx context.Context, m Machine, scope Scope, s Server, options CommandOptions) (Result, error) {
	result := Result{Path: c.Path(m, scope)}
	if result.Path == "" {
		return result, ErrNowhere
	}
	if err := c.tryCommand(ctx, m, scope, s, options, &result); err != nil {
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
	backup := result.Backup // from before the client's own command
	for range attempts {
		result.Backup = backup
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
