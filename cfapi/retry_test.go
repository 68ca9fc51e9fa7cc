package cfapi_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

func TestWhatIsRetried(t *testing.T) {
	t.Parallel()
	want := map[int]int{408: 3, 500: 3, 502: 3, 503: 3, 504: 3}
	for status := 520; status <= 529; status++ {
		want[status] = 3
	}
	for _, status := range []int{200, 204, 301, 307, 400, 401, 403, 404, 409, 422, 425, 429, 501, 505, 507, 511, 519, 530, 599} {
		want[status] = 1
	}
	for status, requests := range want {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, sim := simulated(t)
				sim.SetFaults(simulator.Always(simulator.Fault{Status: status}))
				_, err := get(t.Context(), client)
				if failure := asError(t, err); failure.HTTPStatus != status {
					t.Errorf("failure is %v", failure)
				}
				if sim.Requests() != requests {
					t.Errorf("%d requests, want %d", sim.Requests(), requests)
				}
			})
		})
	}
}

// The codes of an error do not matter for its retries, its status does: 200 with
// success:false is the API's considered answer.
func TestErrorCodesAreNotRetried(t *testing.T) {
	t.Parallel()
	for _, code := range []int{1000, 7003, 10000, 12345} {
		synctest.Test(t, func(t *testing.T) {
			client, sim := simulated(t)
			sim.SetFaults(simulator.Always(simulator.Fault{Status: 200, Body: errorBody(code)}))
			if _, err := get(t.Context(), client); err == nil || sim.Requests() != 1 {
				t.Errorf("code %d: %d requests, error %v", code, sim.Requests(), err)
			}
		})
	}
}

var brokenConnections = map[string]simulator.Fault{
	"reset":            {Reset: true},
	"cut-off body":     {Status: 200, Body: `{"success":true,"result":{"status":"complete"}}`, CutOff: true},
	"cut-off error":    {Status: 404, Body: errorBody(11021), CutOff: true},
	"cut-off 1st byte": {Status: 200, Body: "{", CutOff: true},
}

func TestBrokenConnectionsAreRetried(t *testing.T) {
	t.Parallel()
	for name, fault := range brokenConnections {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, sim := simulated(t)
				sim.SetFaults(simulator.Always(fault))
				_, err := get(t.Context(), client)
				failure := wantKind(t, err, cfapi.Unavailable)
				if failure.HTTPStatus != 0 || failure.Summary == "" {
					t.Errorf("failure is %v, want no status and a summary", failure)
				}
				if sim.Requests() != 3 {
					t.Errorf("%d requests, want 3", sim.Requests())
				}
			})
		})
	}
}

// refusing answers every dial as a host does where nothing listens.
func refusing(dials *atomic.Int32) *http.Transport {
	return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		dials.Add(1)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}}
}

func TestRefusedConnectionsAreRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int32
		_, err := get(t.Context(), clientOver(t, refusing(&dials), everySecret))
		failure := wantKind(t, err, cfapi.Unavailable)
		if failure.Summary != "dial tcp: connection refused" {
			t.Errorf("summary is %q", failure.Summary)
		}
		if dials.Load() != 3 {
			t.Errorf("%d dials, want 3", dials.Load())
		}
	})
}

func TestRetriesSucceed(t *testing.T) {
	t.Parallel()
	faults := map[string]simulator.Fault{"408": {Status: 408}, "503": {Status: 503}, "522": {Status: 522}}
	maps.Copy(faults, brokenConnections)
	for name, fault := range faults {
		for _, failures := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s/%d", name, failures), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					client, sim := simulated(t)
					sim.SetFaults(simulator.Once(1, []simulator.Fault{fault, fault}[:failures]...))
					answer, err := get(t.Context(), client)
					if err != nil || answer.Result.Status != cfapi.Processing {
						t.Errorf("answer is %+v, error %v", answer, err)
					}
					if sim.Requests() != failures+1 {
						t.Errorf("%d requests, want %d", sim.Requests(), failures+1)
					}
				})
			})
		}
	}
}

// What comes last is what the caller can act on.
func TestLastFailureIsReported(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults []simulator.Fault
		kind   cfapi.Kind
		status int
	}{
		"not found":   {[]simulator.Fault{{Status: 503}, {Reset: true}, {Status: 404, Body: errorBody(11021)}}, cfapi.NotFound, 404},
		"bad gateway": {[]simulator.Fault{{Reset: true}, {Status: 500}, {Status: 502}}, cfapi.Unavailable, 502},
		"connection":  {[]simulator.Fault{{Status: 503}, {Status: 503}, {Status: 503, Body: "{}", CutOff: true}}, cfapi.Unavailable, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, sim := simulated(t)
				sim.SetFaults(simulator.Once(1, c.faults...))
				_, err := get(t.Context(), client)
				if failure := wantKind(t, err, c.kind); failure.HTTPStatus != c.status {
					t.Errorf("failure is %v, want HTTP %d", failure, c.status)
				}
			})
		})
	}
}

// A server may close an idle connection just as it is used again. That says
// nothing of the server's health, so it costs no pause.
func TestStaleConnectionIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, sim := simulated(t)
		sim.SetFaults(simulator.Once(2, simulator.Fault{Reset: true}))
		start := time.Now()
		for range 2 {
			if _, err := get(t.Context(), client); err != nil {
				t.Fatal(err)
			}
		}
		if elapsed := time.Since(start); elapsed != 0 || sim.Requests() != 3 {
			t.Errorf("%d requests in %v, want 3 and no pause", sim.Requests(), elapsed)
		}
	})
}

// Clients that failed together must not come back together.
func TestBackoffIsJittered(t *testing.T) {
	t.Parallel()
	first, second := map[time.Duration]bool{}, map[time.Duration]bool{}
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			var at []time.Time
			client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				at = append(at, time.Now())
				w.WriteHeader(http.StatusServiceUnavailable)
			}), everySecret)
			_, err := get(t.Context(), client)
			wantKind(t, err, cfapi.Unavailable)
			if len(at) != 3 {
				t.Fatalf("%d requests", len(at))
			}
			one, two := at[1].Sub(at[0]), at[2].Sub(at[1])
			if one < 100*time.Millisecond || one > 500*time.Millisecond || two < 150*time.Millisecond || two > time.Second {
				t.Errorf("pauses are %v and %v", one, two)
			}
			if !time.Now().Equal(at[2]) {
				t.Error("a pause follows the last request")
			}
			first[one], second[two] = true, true
		})
	}
	if len(first) < 10 || len(second) < 10 {
		t.Errorf("%d and %d different pauses in 20 calls", len(first), len(second))
	}
}
