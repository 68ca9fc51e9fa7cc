//go:build !linux

package e2e

import "github.com/rogpeppe/go-internal/testscript"

// tty runs a command on a pseudo-terminal. It is there for Linux alone.
func tty(ts *testscript.TestScript, _ []string) { ts.Fatalf("tty is not implemented for this system") }
