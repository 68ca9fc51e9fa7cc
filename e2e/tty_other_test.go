//go:build !linux

package e2e

import "github.com/rogpeppe/go-internal/testscript"

// tty fails: pseudo-terminals are opened in another way on each system, and the scripts
// that need one are skipped where that is not Linux's.
func tty(ts *testscript.TestScript, _ []string) {
	ts.Fatalf("tty needs Linux: begin the script with [!linux] skip")
}
