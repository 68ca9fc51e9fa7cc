package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path"
	"sync"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// longTest stays "processing" for as long as a run takes, and moves all the time.
const longTest = "soak-processing"

// api is the simulator with a memory of what it has said, which is what the
// program under test may repeat.
type api struct {
	server *httptest.Server

	mu       sync.Mutex
	figures  map[string]map[string][]time.Time // by test and result: when it was served
	failures map[string][]time.Time            // by test: when a request failed as scripted
}

// faultEvery so many requests one fails. Few requests get as far as the API,
// because answers are shared; so the share is higher than in life.
const faultEvery = 10

func startAPI() *api {
	sim := simulator.New()
	sim.SetQuota(1_000_000_000, 5*time.Minute)
	sim.AddTest(longTest, 20_000, time.Hour)
	body := `{"success": true, "errors": [], "messages": [], "result": {"id": "cut off", "status": "complete"}}`
	faults := []simulator.Fault{
		{Status: http.StatusServiceUnavailable, Body: "<html><title>503</title></html>"},
		{Reset: true},
		{Status: http.StatusOK, Body: body, CutOff: true},
		{Status: http.StatusOK, Body: "<html>Please log in</html>"},
	}
	sim.SetFaults(func(request int) simulator.Fault {
		if request%faultEvery > 0 {
			return simulator.Fault{}
		}
		return faults[request/faultEvery%len(faults)]
	})
	a := &api{figures: map[string]map[string][]time.Time{}, failures: map[string][]time.Time{}}
	a.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w}
		sim.ServeHTTP(rec, r)
		a.remember(path.Base(r.URL.Path), rec.body.Bytes())
	}))
	return a
}

// remember takes note of an answer. The simulator's own errors are JSON, so that
// whatever is not was scripted.
func (a *api) remember(test string, body []byte) {
	var envelope struct {
		Result *cfapi.PolicyTest `json:"result"`
	}
	err := json.Unmarshal(body, &envelope)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case err != nil:
		a.failures[test] = append(a.failures[test], time.Now())
	case envelope.Result != nil:
		if a.figures[test] == nil {
			a.figures[test] = map[string][]time.Time{}
		}
		key := canonical(*envelope.Result)
		a.figures[test][key] = append(a.figures[test][key], time.Now())
	}
}

// served reports whether the API gave this result in the interval.
func (a *api) served(test string, result cfapi.PolicyTest, from, to time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return within(a.figures[test][canonical(result)], from, to)
}

// failed reports whether a request for the test failed in the interval.
func (a *api) failed(test string, from, to time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return within(a.failures[test], from, to)
}

// failureCount is how many requests failed as scripted.
func (a *api) failureCount() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, times := range a.failures {
		n += len(times)
	}
	return n
}

func within(times []time.Time, from, to time.Time) bool {
	for _, t := range times {
		if !t.Before(from) && !t.After(to) {
			return true
		}
	}
	return false
}

// canonical is the same for the same figures.
func canonical(result cfapi.PolicyTest) string {
	data, _ := json.Marshal(result) // of strings and finite numbers: always marshals
	return string(data)
}

// recorder keeps what is written through it.
type recorder struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (r *recorder) Write(data []byte) (int, error) {
	r.body.Write(data)
	return r.ResponseWriter.Write(data)
}

// Unwrap lets the simulator break the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
