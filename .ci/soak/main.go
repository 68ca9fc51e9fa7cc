// Soak puts the real program under load, on 127.0.0.1 only, and prints what it
// held:
//
//	go run ./.ci/soak
//
// Run it from the top of the repository; it takes about a minute and a half and
// needs Linux, for /proc. The program under test is built and run as users run it. In
// place of Cloudflare it asks the simulator, which fails now and then.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"
)

// How much of everything.
const (
	maxDuration     = 235 * time.Second
	inFlight        = 64
	httpCalls       = 100_000
	stdioCalls      = 20_000
	vanishingEach   = 500 // over each of the two HTTP transports
	halfOpenEach    = 50  // of each of four kinds
	initializations = 10_000
)

func main() { os.Exit(run()) }

func run() (status int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, maxDuration)
	defer cancel()
	r := &report{began: time.Now()}
	if err := soak(ctx, r); err != nil {
		r.check("end", "the run comes to its end", false, "%v", err)
	}
	r.print(os.Stdout)
	if r.failed > 0 {
		return 1
	}
	return 0
}

func soak(ctx context.Context, r *report) error {
	dir, err := os.MkdirTemp("", "soak")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "access-policy-mcp")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "access-policy-mcp").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	if err := soakHTTP(ctx, r, binary); err != nil {
		return fmt.Errorf("http: %w", err)
	}
	if err := soakStdio(ctx, r, binary); err != nil {
		return fmt.Errorf("stdio: %w", err)
	}
	return nil
}
