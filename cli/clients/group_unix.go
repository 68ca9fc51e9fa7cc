//go:build unix

package clients

import (
	"os/exec"
	"syscall"
)

// killGroup makes the end of a command's context end what it has started too.
func killGroup(run *exec.Cmd) {
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	run.Cancel = func() error { return syscall.Kill(-run.Process.Pid, syscall.SIGKILL) }
}
