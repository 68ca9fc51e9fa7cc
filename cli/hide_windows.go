package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// hideTyping makes a console show nothing of what is typed. show makes it as it was, and
// throws away what was typed and not read.
func hideTyping(keyboard *os.File) (show func(), err error) {
	handle := windows.Handle(keyboard.Fd())
	var before uint32
	if err := windows.GetConsoleMode(handle, &before); err != nil {
		return nil, err
	}
	hidden := before&^windows.ENABLE_ECHO_INPUT | windows.ENABLE_LINE_INPUT | windows.ENABLE_PROCESSED_INPUT
	if err := windows.SetConsoleMode(handle, hidden); err != nil {
		return nil, err
	}
	return func() {
		_ = windows.FlushConsoleInputBuffer(handle)
		_ = windows.SetConsoleMode(handle, before)
	}, nil
}
