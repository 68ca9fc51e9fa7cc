package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityNamesRealTests: every test that SECURITY.md relies on exists.
func TestSecurityNamesRealTests(t *testing.T) {
	data, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "test", "-list", ".", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	exist := strings.Fields(string(out))
	for _, match := range regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z]+)`").FindAllStringSubmatch(string(data), -1) {
		found := false
		for _, name := range exist {
			found = found || name == match[1]
		}
		if !found {
			t.Errorf("there is no %s", match[1])
		}
	}
}
