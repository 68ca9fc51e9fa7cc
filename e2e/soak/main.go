// Soak puts the real program under load, on 127.0.0.1 only, and prints what it
// held:
//
//	go run ./e2e/soak
//
// Run it from the top of the repository; it takes about a minute and a half and
// needs Linux, for /proc. The program under test is built and run as users run it. In
// place of Cloudflare it asks the simulator, which fails now and then.
//
// A check that took too long is inconclusive if other programs overloaded the
// machine meanwhile. Wrong and lost answers are failures on any machine. The exit
// status is 1 if a check failed.
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
	maxDuration     = 6 * time.Minute
	inFlight        = 64
	httpCalls       = 100_000
	stdioCalls      = 20_000
	vanishingEach   = 500 // over each of the two HTTP transports
	halfOpenEach    = 50  // of each of four kinds
	initializations = 10_000
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, maxDuration)
	defer cancel()
	r := newReport(watchMachine(ctx), os.Stderr)
	if err := soak(ctx, r); err != nil {
		late := isLate(err) || isLate(ctx.Err())
		r.check(check{part: "end", promise: "the run comes to its end", wrong: !late, late: late, from: r.began}, "%v", err)
	}
	return r.print(os.Stdout)
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
