package server

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi/simulator"
)

// TestRefusalsAreLogged: who is refused leaves a record, at most one a second for each
// reason, without the secret and with little of the client's own text.
func TestRefusalsAreLogged(t *testing.T) {
	long := "https://" + strings.Repeat("evil\x01", 10) + strings.Repeat("x", 10_000)
	long = strings.ReplaceAll(long, "\x01", "=")
	for name, tt := range map[string]struct{ header, value, want string }{
		"no token":    {"X-Nothing", "x", `level=WARN msg=refused reason="not authenticated" remote=`},
		"wrong token": {"Authorization", "Bearer wrong-secret", `level=WARN msg=refused reason="not authenticated" remote=`},
		"host":        {"Host", "evil.example", `level=WARN msg=refused reason="Host is not loopback" remote=`},
		"origin":      {"Origin", "https://evil.example", `level=WARN msg=refused reason="Origin is not allowed" remote=`},
		"long origin": {"Origin", long, `level=WARN msg=refused reason="Origin is not allowed" remote=`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, log := newServer(t, simulator.New(), withBearer("right-secret"))
				client, shutdown, ended := startHTTP(t, s)
				refuse := func() {
					req := newPost(t.Context(), t, "/mcp", pingMessage)
					if tt.header == "Host" {
						req.Host = tt.value
					} else {
						req.Header.Set(tt.header, tt.value)
					}
					if resp, _ := do(t, client, req); resp.StatusCode/100 != 4 {
						t.Errorf("status %d", resp.StatusCode)
					}
				}
				for range 100 {
					refuse()
				}
				if n := strings.Count(log.String(), tt.want); n != 1 {
					t.Errorf("%d records:\n%s", n, log)
				}
				time.Sleep(refusalInterval)
				synctest.Wait()
				if n := strings.Count(log.String(), tt.want); n != 2 || strings.Count(log.String(), " suppressed=99\n") != 1 {
					t.Errorf("%d records after a second:\n%s", n, log)
				}
				time.Sleep(10 * refusalInterval)
				refuse()
				if n := strings.Count(log.String(), tt.want); n != 3 || strings.Count(log.String(), "suppressed") != 1 {
					t.Errorf("%d records after a pause:\n%s", n, log)
				}
				end(t, shutdown, ended)
				if strings.Contains(log.String(), "secret") || strings.Contains(log.String(), strings.Repeat("x", 100)) {
					t.Errorf("log:\n%s", log)
				}
			})
		})
	}
}
