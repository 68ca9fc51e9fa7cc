package e2e

import (
	"errors"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSecurityNamesRealTests: every test that SECURITY.md relies on exists.
func TestSecurityNamesRealTests(t *testing.T) {
	out, err := exec.Command("go", "test", "-list", ".", "access-policy-mcp/...").Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			out = append(out, exit.Stderr...)
		}
		t.Fatalf("%v: %s", err, out)
	}
	exist := strings.Fields(string(out))
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`").FindAllStringSubmatch(readPage(t, "../SECURITY.md"), -1)
	if len(named) < 30 {
		t.Errorf("only %d names of tests were found", len(named))
	}
	for _, match := range named {
		if !slices.Contains(exist, match[1]) {
			t.Errorf("there is no %s", match[1])
		}
	}
}
