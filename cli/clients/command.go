package clients

import (
	"context"
	"fmt"
	"strings"
)

// clientCommand is a client's own command that adds a server.
type clientCommand struct {
	name     string // of the program
	shown    string // what people are told was used
	userOnly bool   // it knows no scope of a project
	args     func(scope Scope, s Server, entry string) []string
}

// tryCommand lets the client's own command make the entry, if there is none yet. Whether
// it has done so, and nothing else, is not taken on its word: the file is looked at
// afterwards.
func (c Client) tryCommand(ctx context.Context, m Machine, scope Scope, s Server, options CommandOptions, result *Result) error {
	program, args := c.commandLine(m, scope, s)
	if program == "" {
		return nil
	}
	file, err := readOrNew(result.Path)
	if err != nil {
		return err
	}
	ours, err := c.ours(file.data)
	if err != nil {
		return fmt.Errorf("%s: %w", result.Path, err)
	}
	if ours != nil || c.format.commented(file.data) || file.readOnly() {
		return nil
	}
	if err := c.backUp(file, result); err != nil {
		return err
	}
	options.shown = c.command.shown
	failed := runCommand(ctx, program, args, m.Folder, options)
	made, err := c.checkAfter(file, result)
	switch {
	case err != nil:
		return err
	case made:
		result.By = c.command.shown
	case result.CommandErr != nil: // it has done harm
	case failed != nil:
		result.CommandErr = fmt.Errorf("%s: %w", c.command.shown, failed)
	default:
		result.CommandErr = fmt.Errorf("%s: it has made no entry in %s", c.command.shown, result.Path)
	}
	return ctx.Err()
}

// checkAfter reports whether the client's own command has made the entry, and puts the file
// back as it was if that has lost something else.
func (c Client) checkAfter(before content, result *Result) (made bool, err error) {
	after, err := readOrNew(result.Path)
	if err == nil {
		err = c.damage(before.data, after.data)
	}
	if err == nil {
		ours, _ := c.ours(after.data)
		return ours != nil, nil
	}
	result.CommandErr = fmt.Errorf("%s has damaged %s, which is as it was again: %w", c.command.shown, result.Path, err)
	if err := restore(before, after); err != nil {
		result.Damaged = true
		return false, fmt.Errorf("%w; it cannot be put back: %w", result.CommandErr, err)
	}
	return false, nil
}

// damage says what else than to add our entry has been done to the servers of a file, or
// which of its other settings are gone.
func (c Client) damage(before, after []byte) error {
	if err := c.lost(before, after); err != nil {
		return err
	}
	then, err := c.format.decode(before, nil)
	if err != nil {
		return err
	}
	now, err := c.format.decode(after, nil)
	if err != nil {
		return err
	}
	for key := range then {
		if _, ok := now[key]; !ok {
			return fmt.Errorf("%q is not in it any more", key)
		}
	}
	servers, _ := now[c.key].(map[string]any)
	old, _ := then[c.key].(map[string]any)
	for name, server := range old {
		if !same(server, servers[name]) {
			return fmt.Errorf("the server %q in it is another now", name)
		}
	}
	return nil
}

// restore gives a file what it had before.
func restore(before, now content) error {
	if !before.exists {
		return removed(before.path)
	}
	// What is there now is to be replaced, with the access rights that it had before.
	now.path, now.info = before.path, before.info
	return now.replace(before.data, false)
}

// commandLine is how the client's own command makes the entry; "" if it cannot, or is not
// on the PATH.
func (c Client) commandLine(m Machine, scope Scope, s Server) (program string, args []string) {
	if c.command == nil || c.command.userOnly && scope == Project {
		return "", nil
	}
	args = c.command.args(scope, s, encodeJSON(c.wanted(s), style{}))
	if args == nil {
		return "", nil
	}
	return m.Command(c.command.name), args
}

// withName is an entry as JSON with its name in it.
func withName(entry string) string {
	return `{"name":"` + EntryName + `",` + strings.TrimPrefix(entry, "{")
}

// codexArgs are those of codex mcp add; nil if it cannot make the entry.
func codexArgs(_ Scope, s Server, _ string) []string {
	args := []string{"mcp", "add", EntryName}
	if s.URL != "" {
		args = append(args, "--url", s.URL)
		if s.Bearer != "" {
			args = append(args, "--bearer-token-env-var", s.Bearer)
		}
		return args
	}
	if len(s.Forward) > 0 {
		return nil // it has no flag for variables to pass on
	}
	for _, v := range s.Variables {
		args = append(args, "--env", v.Name+"="+v.Value)
	}
	return append(append(args, "--", s.Command), s.Args...)
}

// geminiArgs are those of gemini mcp add. Its flags come first: what follows the name is
// the server's.
func geminiArgs(scope Scope, s Server, _ string) []string {
	args := []string{"mcp", "add", "--scope", string(scope)}
	if s.URL != "" {
		args = append(args, "--transport", "http")
		for _, h := range s.headers(shellReference) {
			args = append(args, "--header", fmt.Sprintf("%s: %s", h.key, h.value))
		}
		return append(args, EntryName, s.URL)
	}
	for _, v := range s.env(shellReference) {
		args = append(args, "--env", fmt.Sprintf("%s=%s", v.key, v.value))
	}
	return append(append(args, EntryName, s.Command), s.Args...)
}
