//go:build !unix

package clients

import "os/exec"

// killGroup does nothing: without groups of processes only the command itself is ended.
func killGroup(*exec.Cmd) {}
