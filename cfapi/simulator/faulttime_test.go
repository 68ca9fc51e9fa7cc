package simulator_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi/simulator"
)

func TestDelayIsExact(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"own answer":      {Delay: 7 * time.Second},
		"scripted answer": {Delay: 7 * time.Second, Status: 200, Body: "{}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := simulator.New()
				sim.SetFaults(simulator.Always(fault))
				start := time.Now()
				ask(t, serve(t, sim), simulator.DocumentedID)
				if elapsed := time.Since(start); elapsed != 7*time.Second {
					t.Errorf("the answer took %v", elapsed)
				}
			})
		})
	}
}

// The test on its timeline moves on while an answer is held back, as a real one
// would.
func TestDelayedAnswerIsFresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := simulator.New()
		client := serve(t, sim)
		ask(t, client, simulator.PolicyTestID)
		sim.SetFaults(simulator.Always(simulator.Fault{Delay: 4 * time.Second}))
		if got := ask(t, client, simulator.PolicyTestID).result(t); *got.PercentUsersProcessed != 50 {
			t.Errorf("%v %% after 4 of 8 s", *got.PercentUsersProcessed)
		}
	})
}

func TestSlowBodyIsSpread(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"long": 1000, "odd": 257, "shorter than its parts": 3, "empty": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				body := string(make([]byte, size))
				sim := simulator.New()
				sim.SetFaults(simulator.Always(simulator.Fault{Status: 200, Body: body, SlowBody: 10 * time.Second}))
				resp, err := serve(t, sim).Do(newRequest(t, http.MethodGet, simulator.BaseURL))
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				start := time.Now()
				buffer, received := make([]byte, 2000), 0
				for {
					n, err := resp.Body.Read(buffer)
					received += n
					elapsed := time.Since(start)
					// No more than its share may come before its time.
					if share := int(elapsed/(100*time.Millisecond)) + 1; received > share*size/100+1 {
						t.Errorf("%d of %d bytes after %v", received, size, elapsed)
					}
					if err == io.EOF {
						break
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				if received != size {
					t.Errorf("%d of %d bytes", received, size)
				}
				if elapsed := time.Since(start); size > 0 && elapsed != 9900*time.Millisecond {
					t.Errorf("the last byte came after %v", elapsed)
				}
			})
		})
	}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	statuses := func(t *testing.T, client *http.Client, n int) (got []int) {
		for range n {
			got = append(got, ask(t, client, simulator.DocumentedID).status)
		}
		return got
	}
	for name, c := range map[string]struct {
		script func(int) simulator.Fault
		want   [5]int
	}{
		"none":         {nil, [5]int{200, 200, 200, 200, 200}},
		"always":       {simulator.Always(simulator.Fault{Status: 503}), [5]int{503, 503, 503, 503, 503}},
		"once":         {simulator.Once(2, simulator.Fault{Status: 503}), [5]int{200, 503, 200, 200, 200}},
		"from first":   {simulator.Once(1, simulator.Fault{Status: 503}, simulator.Fault{}, simulator.Fault{Status: 404}), [5]int{503, 200, 404, 200, 200}},
		"later":        {simulator.Once(9, simulator.Fault{Status: 503}), [5]int{200, 200, 200, 200, 200}},
		"no faults":    {simulator.Once(1), [5]int{200, 200, 200, 200, 200}},
		"by its count": {func(n int) simulator.Fault { return simulator.Fault{Status: 500 + n} }, [5]int{501, 502, 503, 504, 505}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simulator.New()
			sim.SetFaults(c.script)
			client := serve(t, sim)
			if got := statuses(t, client, 5); [5]int(got) != c.want {
				t.Errorf("statuses are %v, want %v", got, c.want)
			}
			if sim.Requests() != 5 {
				t.Errorf("%d requests were counted", sim.Requests())
			}
			sim.SetFaults(nil)
			if got := statuses(t, client, 1); got[0] != 200 {
				t.Errorf("HTTP %d after the script was taken away", got[0])
			}
		})
	}
}
