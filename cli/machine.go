package cli

import (
	"os"
	"runtime"

	"access-policy-mcp/cli/clients"
)

// machine is where the MCP clients of this user and of the working folder are.
func (s *Settings) machine() clients.Machine {
	folder, _ := os.Getwd() // without one there are no files of a project
	return clients.Machine{GOOS: runtime.GOOS, Variable: func(name string) string { return s.environment[name] }, Folder: folder}
}
