//go:build unix

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// hideTyping makes a terminal show nothing of what is typed. show makes it as it was, and
// throws away what was typed and not read.
func hideTyping(keyboard *os.File) (show func(), err error) {
	descriptor := int(keyboard.Fd())
	before, err := unix.IoctlGetTermios(descriptor, readTermios)
	if err != nil {
		return nil, err
	}
	hidden := *before
	hidden.Lflag = hidden.Lflag&^unix.ECHO | unix.ICANON | unix.ISIG
	hidden.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(descriptor, writeTermios, &hidden); err != nil {
		return nil, err
	}
	return func() { _ = unix.IoctlSetTermios(descriptor, flushTermios, before) }, nil
}
