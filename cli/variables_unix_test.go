//go:build unix

package cli

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSecretPipe: a pipe instead of a file with a secret does not hang the program.
func TestSecretPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := readSettings(nil, []string{"ACCESS_POLICY_MCP_BEARER_TOKEN_FILE=" + path})
		failed <- err
	}()
	select {
	case err := <-failed:
		if err == nil || !strings.HasPrefix(err.Error(), "ACCESS_POLICY_MCP_BEARER_TOKEN_FILE: ") || !strings.Contains(err.Error(), "regular file") {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it hangs")
	}
}
