package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progressDisplay shows on w how far a wait has come: as a bar on a terminal, as lines
// elsewhere. done removes the bar.
func progressDisplay(w io.Writer) (show func(percent float64, message string), done func()) {
	if !isTerminal(w) {
		return func(_ float64, message string) { _, _ = fmt.Fprintln(w, message) }, func() {}
	}
	bar := progressbar.NewOptions(100,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionClearOnFinish(),
	)
	return func(percent float64, message string) {
		_ = bar.Set(int(percent)) // a bar that cannot be drawn is not worth failing for
		bar.Describe(message)
	}, func() { _ = bar.Finish() }
}

// isTerminal reports whether a stream of the process is a terminal.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
