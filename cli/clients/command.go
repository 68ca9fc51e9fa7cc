package clients

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// clientCommand is a client's own command that adds a server.
type clientCommand struct {
	name     string // of the program
	shown    string // what people are told was used
	userOnly bool   // it knows no scope of a project
	args     func(scope Scope, s Server, entry string) []string
}

// commandTimeout is how long a client's own command may take: they are slow to start.
const commandTimeout = time.Minute

// tryCommand lets the client's own command make the entry, if there is none yet. Whether
// it has done so is not taken on its word: the file is looked at afterwards.
func (c Client) tryCommand(ctx context.Context, m Machine, scope Scope, s Server, env []string, result *Result) error {
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
	if err := runCommand(ctx, program, args, env, m.Folder); err != nil {
		result.CommandErr = fmt.Errorf("%s: %w", c.command.shown, err)
		return ctx.Err()
	}
	after, err := readOrNew(result.Path)
	if err != nil {
		return err
	}
	if made, err := c.ours(after.data); err == nil && made != nil {
		result.By = c.command.shown
	} else {
		result.CommandErr = fmt.Errorf("%s: it has made no entry in %s", c.command.shown, result.Path)
	}
	return nil
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

// runCommand runs a client's own command. Its error is the last line that it has written.
func runCommand(ctx context.Context, program string, args, env []string, folder string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	run := exec.CommandContext(ctx, program, args...)
	run.Env, run.Dir = env, folder
	run.WaitDelay = time.Second
	output, err := run.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return withOutput(err, output)
	default:
		return nil
	}
}

// withOutput is an error of a command with the last line that it has written.
func withOutput(err error, output []byte) error {
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return errors.New(last)
	}
	return err
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
