package e2e

import (
	"net"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

// hangingBus starts a session bus that takes calls and never answers, as a key ring does
// that waits in a window nobody sees, and points the configuration to it. Whoever comes to
// it leaves the file asked.
func hangingBus(ts *testscript.TestScript, _ []string) {
	// The path of a socket is short: that of the script may be too long.
	folder, err := os.MkdirTemp("", "bus")
	ts.Check(err)
	path := filepath.Join(folder, "bus")
	listener, err := net.Listen("unix", path)
	ts.Check(err)
	ts.Defer(func() {
		_ = listener.Close()
		_ = os.RemoveAll(folder)
	})
	asked := ts.MkAbs("asked")
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			defer connection.Close()
			_ = os.WriteFile(asked, nil, 0o600)
		}
	}()
	ts.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
}
