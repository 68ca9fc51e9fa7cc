package e2e

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cli"
	"access-policy-mcp/server"
)

// TestMain puts the program into the PATH of the tests, under its own name. It is a copy
// of this test binary, which under that name runs program instead of the tests.
func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){server.Name: program})
}

// program is what package main does.
func program() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	signal.Ignore(syscall.SIGPIPE)
	//nolint:forbidigo // it stands for package main
	os.Exit(cli.Run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// tests are all tests of this binary.
type tests struct{ all *testing.M }

// Run runs the tests without what the developer has set for the program, and with a state
// folder of their own.
func (t tests) Run() int {
	// The tests that run in parallel wait for other processes, not for a processor.
	if err := flag.Set("test.parallel", "32"); err != nil {
		panic(err)
	}
	state, err := os.MkdirTemp("", "state")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(state)
	for _, variable := range stateIn(state) {
		name, value, _ := strings.Cut(variable, "=")
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, "CLOUDFLARE_") && !strings.HasPrefix(name, "ACCESS_POLICY_MCP_") {
			continue
		}
		if err := os.Unsetenv(name); err != nil {
			panic(err)
		}
	}
	return t.all.Run()
}

// stateIn makes the program keep its history, and what login keeps, in a folder, on any
// operating system. The key ring of the developer is out of reach.
func stateIn(folder string) []string {
	return []string{"XDG_STATE_HOME=" + folder, "XDG_CONFIG_HOME=" + folder, "HOME=" + folder, "LOCALAPPDATA=" + folder, "APPDATA=" + folder,
		"DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(folder, "no-bus")}
}

// environment makes the program ask the API at a base URL about the simulator's account.
func environment(apiURL string) []string {
	return append(os.Environ(),
		"CLOUDFLARE_BASE_URL="+apiURL,
		"CLOUDFLARE_API_TOKEN="+simulator.Token,
		"CLOUDFLARE_ACCOUNT_ID="+simulator.AccountID)
}
