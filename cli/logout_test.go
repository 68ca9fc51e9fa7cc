package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"access-policy-mcp/cfapi/simulator"
)

// TestLogoutFails says what is still there.
func TestLogoutFails(t *testing.T) {
	keep := func(t *testing.T) (env []string, file string) {
		t.Helper()
		env, _ = withKeyRing(t)
		if status, _, stderr := logIn(t, env, simulator.Token); status != 0 {
			t.Fatalf("%d: %s", status, stderr)
		}
		return env, newSettings(env).keptStore().File()
	}
	logout := func(t *testing.T, env []string, wantStatus int, want string) {
		t.Helper()
		status, stdout, stderr := run(t, env, "logout")
		if status != wantStatus || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%d: %s%s", status, stdout, stderr)
		}
	}
	t.Run("key ring", func(t *testing.T) {
		env, _ := keep(t)
		keyring.MockInitWithError(errors.New("away"))
		defer keyring.MockInit()
		logout(t, env, exitFailure, "Nothing was removed: mend that, and run access-policy-mcp logout again; or delete ")
	})
	t.Run("key ring, and the file is broken", func(t *testing.T) {
		env, file := keep(t)
		if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		keyring.MockInitWithError(errors.New("away"))
		defer keyring.MockInit()
		logout(t, env, exitFailure, "Nothing was removed")
	})
	t.Run("file", func(t *testing.T) {
		env, file := keep(t)
		if err := errors.Join(os.Remove(file), os.MkdirAll(filepath.Join(file, "in the way"), 0o700)); err != nil {
			t.Fatal(err)
		}
		logout(t, env, exitFailure, "cannot be removed: ")
		logout(t, env, exitFailure, "The token is not in the key ring any more")
	})
	t.Run("simulation", func(t *testing.T) {
		env, _ := keep(t)
		logout(t, append(env, "ACCESS_POLICY_MCP_SIMULATE=true"), exitUsage, "--simulate has none")
		if status, _, stderr := run(t, env, "get", "example-documented", "--account-id", simulator.AccountID); status != 0 {
			t.Errorf("%d: %s", status, stderr)
		}
	})
}
