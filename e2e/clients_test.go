package e2e

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"testing"
	"time"

	"access-policy-mcp/cfapi/simulator"
)

// TestManyClients: 500 clients wait for one test of 10 s. All get the right answer, and
// the API is asked no more often than for one client.
func TestManyClients(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 10 s")
	}
	t.Parallel()
	const clients = 500
	sim := simulator.New()
	sim.AddTest("ten-seconds", 1000, 10*time.Second)
	api := httptest.NewServer(sim)
	defer api.Close()
	url, _ := startServer(t, api.URL)

	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	message := requestMessage("1", "tools/call",
		`{"name":"get_access_policy_test","arguments":{"policy_test_id":"ten-seconds","wait_seconds":45},"_meta":{"progressToken":"p"}}`)
	complete := regexp.MustCompile(`"status":"complete".*"total_users":1000.*"users_approved":700.*"finished":true`)
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			if answer := postMessage(t, client, url+"/mcp", message); !complete.MatchString(answer) {
				t.Errorf("client %d: %s", i, answer)
			}
		})
	}
	wg.Wait()
	if n := sim.Requests(); n > 25 {
		t.Errorf("%d requests", n)
	}
}
