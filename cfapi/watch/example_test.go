package watch_test

import (
	"context"
	"fmt"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
)

// Wait for the end of a test, with a pool that asks the simulator in place of
// Cloudflare.
func ExampleWatcher_Wait() {
	transport, stop := simulator.Serve(simulator.New())
	defer stop()
	pool, err := watch.NewPool(cfapi.Config{BaseURL: simulator.BaseURL, Transport: transport}, quota.Default)
	if err != nil {
		panic(err)
	}
	watcher, release, err := pool.Watcher(cfapi.Credentials{Token: simulator.Token})
	if err != nil {
		panic(err)
	}
	defer release()

	snapshot, err := watcher.Wait(context.Background(), simulator.AccountID, simulator.DocumentedID, time.Minute, func(s watch.Snapshot) {
		fmt.Println("still", s.Answer.Result.Status)
	})
	if err != nil {
		panic(err)
	}
	test := snapshot.Answer.Result
	fmt.Printf("%s: %d of %d users blocked\n", test.Status, *test.UsersBlocked, *test.TotalUsers)
	// Output: complete: 5 of 20 users blocked
}
