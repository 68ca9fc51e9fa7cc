package e2e

import (
	"bytes"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"access-policy-mcp/server"
)

// TestInterruptedWhilePrinting: Ctrl-C ends a command whose output nobody reads.
func TestInterruptedWhilePrinting(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"users x --all", "users x --all --json"} {
		handler, ready := notifying(endless(), 1)
		api := httptest.NewServer(handler)
		t.Cleanup(func() {
			api.CloseClientConnections()
			api.Close()
		})
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = reader.Close() })
		var stderr bytes.Buffer
		cmd := exec.Command(server.Name, strings.Fields(args)...)
		cmd.Env = environment(api.URL)
		cmd.Stdout, cmd.Stderr = writer, &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_ = writer.Close()
		<-ready
		time.Sleep(time.Second) // a page is more than a pipe takes
		_ = cmd.Process.Signal(os.Interrupt)
		watchdog := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		watchdog.Stop()
		if status := cmd.ProcessState.ExitCode(); status != 130 || !strings.HasSuffix(stderr.String(), "interrupted\n") {
			t.Errorf("%s: %d: %s", args, status, stderr.String())
		}
	}
}
