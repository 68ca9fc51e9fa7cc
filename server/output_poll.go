//go:build linux || darwin

package server

import (
	"io"
	"syscall"

	"golang.org/x/sys/unix"
)

// readerGone reports whether out is a pipe or a socket that nobody reads any more. It
// writes nothing.
func readerGone(out io.Writer) bool {
	file, ok := out.(syscall.Conn)
	if !ok {
		return false
	}
	conn, err := file.SyscallConn()
	if err != nil {
		return false
	}
	gone := false
	err = conn.Control(func(fd uintptr) {
		// macOS looks at the end for writing only if POLLOUT is asked for.
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}} //nolint:gosec // file descriptors are ints
		n, err := unix.Poll(fds, 0)
		gone = err == nil && n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0
	})
	return err == nil && gone
}
