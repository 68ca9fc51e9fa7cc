package watch_test

import (
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
)

// BenchmarkWaiters has 10,000 callers wait for a minute, for one test that ends then,
// and for 1,000 tests. It reports what that costs the API and this process, and
// how long after the request that sees the end the last one has the answer.
func BenchmarkWaiters(b *testing.B) {
	const waiters, run = 10_000, time.Minute
	for _, tests := range []int{1, 1000} {
		b.Run(fmt.Sprintf("%d-on-%d", waiters, tests), func(b *testing.B) {
			for b.Loop() {
				sim := simulator.New()
				for i := range tests {
					sim.AddTest(fmt.Sprint("test-", i), 1000, run)
				}
				var mu sync.Mutex
				var lastAnswer time.Time
				transport, stop := simulator.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					sim.ServeHTTP(w, r)
					mu.Lock()
					defer mu.Unlock()
					lastAnswer = time.Now()
				}))
				budget := quota.New(quota.Default)
				client, err := cfapi.New(cfapi.Config{Limiter: budget, BaseURL: simulator.BaseURL, Credentials: cfapi.Credentials{Token: simulator.Token}, Transport: transport})
				if err != nil {
					b.Fatal(err)
				}
				watcher := watch.New(client, budget)

				before := memory()
				began := time.Now()
				var wg sync.WaitGroup
				for i := range waiters {
					wg.Go(func() {
						snapshot, err := watcher.Wait(b.Context(), account, fmt.Sprint("test-", i%tests), run+2*time.Second, nil)
						if tests == 1 && (err != nil || !snapshot.Answer.Result.Status.Finished()) {
							b.Error(err, snapshot)
						}
					})
				}
				time.Sleep(run / 2)
				b.ReportMetric((memory()-before)/waiters, "B/waiter")
				wg.Wait()
				took := time.Since(began)
				mu.Lock()
				if tests == 1 {
					b.ReportMetric(float64(time.Since(lastAnswer).Microseconds())/1000, "ms-to-last-answer")
				}
				mu.Unlock()
				b.ReportMetric(float64(sim.Requests())/took.Minutes(), "requests/min")
				stop()
			}
		})
	}
}

// memory is what the heap and the stacks hold, in bytes.
func memory() float64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc + stats.StackInuse)
}
