package cli

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/spf13/cobra"

	"access-policy-mcp/server"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show version, commit, Go version and MCP revisions",
		Long:    "Shows version, commit, Go version and MCP revisions, as --version does.",
		Example: "  access-policy-mcp version",
		Args:    noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return printVersion(command.OutOrStdout())
		},
	}
}

func printVersion(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s %s\ncommit %s\n%s %s/%s\nMCP revisions %s\n", server.Name, server.Version(), commit(),
		runtime.Version(), runtime.GOOS, runtime.GOARCH, strings.Join(mcp.ValidProtocolVersions, ", "))
	return exitWith(exitFailure, err)
}

// commit is the revision that the program was built from, if the build recorded it.
func commit() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				return setting.Value
			}
		}
	}
	return "unknown"
}
