package main

import (
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progressDisplay shows on w how far a wait has come: as a bar on a terminal, as
// lines elsewhere. done removes the bar.
func progressDisplay(w io.Writer) (show func(percent float64, message string), done func()) {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return func(_ float64, message string) { fmt.Fprintln(w, message) }, func() {}
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
