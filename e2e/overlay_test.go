package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// unlimited are the limits that a measured copy does not have: files, and in each a line
// and what takes its place.
var unlimited = map[string][2]string{
	"../cfapi/quota/budget.go": {"Max = 1200\n", "Max = " + unlimitedBudget + "\n"},
	"../server/limits.go":      {"maxCalls  = 4096 ", "maxCalls  = 1 << 20 "},
}

// writeOverlay writes what -overlay of go build reads to make a copy without limits.
func writeOverlay(dir string) (path string, err error) {
	replace := map[string]string{}
	for file, lines := range unlimited {
		original, err := filepath.Abs(file)
		if err != nil {
			return "", err
		}
		source, err := os.ReadFile(original)
		if err != nil {
			return "", err
		}
		if !strings.Contains(string(source), lines[0]) {
			return "", fmt.Errorf("%s has no %q", original, lines[0])
		}
		replace[original] = filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(replace[original], []byte(strings.Replace(string(source), lines[0], lines[1], 1)), 0o600); err != nil {
			return "", err
		}
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, data, 0o600)
}
