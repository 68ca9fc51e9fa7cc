// Access-policy-mcp tells AI assistants, agent workflows and people how a
// Cloudflare Access policy test is going and what it found. It is a Model
// Context Protocol server over stdio and HTTP, and a command for the terminal.
// See README.md.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"access-policy-mcp/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)   // a second signal ends the program at once
	signal.Ignore(syscall.SIGPIPE) // nobody has to read stderr; writing to a closed stdout is an error
	os.Exit(cli.Run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}
