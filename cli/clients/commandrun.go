package clients

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// CommandOptions say how a client's own command is run.
type CommandOptions struct {
	// Env is its environment. Credentials of this program are taken away.
	Env []string
	// Waiting is called with the name of the command when it takes longer than Patience; it
	// may be nil.
	Waiting func(command string)

	// Patience and Timeout are how long the command may take, without a word and at all:
	// such commands are slow to start. 0 stands for [DefaultPatience] and [DefaultTimeout].
	Patience, Timeout time.Duration

	shown string // of the command
}

// How long a client's own command may take, without a word and at all.
const (
	DefaultPatience = 3 * time.Second
	DefaultTimeout  = time.Minute
)

// drain is how long what a command has started, and left behind, may hold its output.
const drain = time.Second

// runCommand runs a client's own command. Its error is the last line that it has written.
func runCommand(ctx context.Context, program string, args []string, folder string, options CommandOptions) error {
	timeout, patience := options.Timeout, options.Patience
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	if patience == 0 {
		patience = DefaultPatience
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	run := exec.CommandContext(ctx, program, args...)
	run.Env, run.Dir = withoutCredentials(options.Env), folder
	run.WaitDelay = drain
	killGroup(run)
	var output tail
	run.Stdout, run.Stderr = &output, &output
	if options.Waiting != nil {
		defer time.AfterFunc(patience, func() { options.Waiting(options.shown) }).Stop()
	}
	err := run.Run()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("it has not ended within %v", timeout)
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return nil
	default:
		return withOutput(err, output.data)
	}
}

// withoutCredentials is an environment without what is this program's: the command of a
// client has no use for it, and may write it anywhere.
func withoutCredentials(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(entry string) bool {
		name := strings.ToUpper(entry) // as Windows compares them
		return strings.HasPrefix(name, "CLOUDFLARE_") || strings.HasPrefix(name, "ACCESS_POLICY_MCP_")
	})
}

// tail keeps the end of what is written to it.
type tail struct{ data []byte }

// maxTail is how much that is, in bytes.
const maxTail = 4 << 10

// Write keeps what fits.
func (t *tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p[max(len(p)-maxTail, 0):]...)
	if extra := len(t.data) - maxTail; extra > 0 {
		t.data = append(t.data[:0], t.data[extra:]...)
	}
	return len(p), nil
}

// maxLine is how many characters of a line of a command are told.
const maxLine = 200

// withOutput is an error of a command with the last line that it has written.
func withOutput(err error, output []byte) error {
	lines := strings.Split(strings.TrimSpace(strings.ToValidUTF8(string(output), "\uFFFD")), "\n")
	last := []rune(strings.TrimSpace(lines[len(lines)-1]))
	switch {
	case len(last) == 0:
		return err
	case len(last) > maxLine:
		return errors.New(string(last[:maxLine]) + "…")
	default:
		return errors.New(string(last))
	}
}
