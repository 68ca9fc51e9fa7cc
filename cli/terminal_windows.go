package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// obeysSequences makes a console obey control sequences, which older ones do only when
// they are told to. It reports whether it does.
func obeysSequences(file *os.File) bool {
	handle := windows.Handle(file.Fd())
	var mode uint32
	if windows.GetConsoleMode(handle, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(handle, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
