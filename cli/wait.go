package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// maxWait is how long a command waits for the end of a test at most.
const maxWait = 24 * time.Hour

// waitValue is the value of --wait: a duration as people write it.
type waitValue time.Duration

// Set reads seconds, such as 30, or a duration with units, such as 30s, 10m or 1h30m.
func (w *waitValue) Set(text string) error {
	wait, err := time.ParseDuration(text)
	if isDecimal(text) {
		seconds, _ := strconv.ParseFloat(text, 64) // out of range it is infinite
		wait, err = time.Duration(min(seconds, 1e9)*1e9), nil
	}
	switch {
	case err != nil || wait < 0:
		return fmt.Errorf("must be seconds, such as 30, or a time such as 30s, 10m or 24h, which is the longest; not %q", text)
	case wait > maxWait:
		return fmt.Errorf("must be at most 24h, not %s", text)
	}
	*w = waitValue(wait)
	return nil
}

// String is the value as it can be typed; "" if there is none.
func (w *waitValue) String() string {
	if *w == 0 {
		return ""
	}
	return time.Duration(*w).String()
}

// Type names the value in help texts.
func (w *waitValue) Type() string { return "TIME" }

func addWaitFlag(command *cobra.Command, wait *time.Duration) {
	command.Flags().Var((*waitValue)(wait), "wait", "wait for the end, at most this `TIME`: seconds, or such as 10m; up to 24h")
}
