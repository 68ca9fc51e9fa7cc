package watch_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// api is the simulator with a record of when it was asked for what.
type api struct {
	*simulator.Simulator

	mu    sync.Mutex
	times []time.Time
	paths map[string]int
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.times = append(a.times, time.Now())
	a.paths[r.URL.Path]++
	a.mu.Unlock()
	a.Simulator.ServeHTTP(w, r)
}

// most returns the highest number of requests within any period.
func (a *api) most(period time.Duration) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	most, first := 0, 0
	for i, t := range a.times {
		for t.Sub(a.times[first]) >= period {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// inBubble runs f in fake time with a watcher of a simulated API.
func inBubble(t *testing.T, budget int, f func(t *testing.T, a *api, w *watch.Watcher)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a := &api{Simulator: simulator.New(), paths: map[string]int{}}
		transport, stop := simulator.Serve(a)
		defer stop()
		b := quota.New(budget)
		client, err := cfapi.New(cfapi.Config{
			Limiter:     b,
			BaseURL:     simulator.BaseURL,
			Credentials: cfapi.Credentials{Token: simulator.Token},
			Transport:   transport,
		})
		if err != nil {
			t.Fatal(err)
		}
		f(t, a, watch.New(client, b))
	})
}

const account = simulator.AccountID

// waiting is a Wait on its way.
type waiting struct {
	snapshot watch.Snapshot
	err      error
	took     time.Duration
	reports  []time.Time
	done     chan struct{}
}

func startWait(t *testing.T, w *watch.Watcher, id string, limit time.Duration) *waiting {
	r := &waiting{done: make(chan struct{})}
	began := time.Now()
	go func() {
		defer close(r.done)
		r.snapshot, r.err = w.Wait(t.Context(), account, id, limit, func(watch.Snapshot) { r.reports = append(r.reports, time.Now()) })
		r.took = time.Since(began)
	}()
	return r
}

// wait waits for one test.
func wait(t *testing.T, w *watch.Watcher, id string, limit time.Duration) *waiting {
	r := startWait(t, w, id, limit)
	<-r.done
	return r
}

func kindOf(err error) cfapi.Kind { return asFailure(err).Kind }

// asFailure is the zero error for anything else.
func asFailure(err error) *cfapi.Error {
	if failure, ok := errors.AsType[*cfapi.Error](err); ok {
		return failure
	}
	return &cfapi.Error{}
}
