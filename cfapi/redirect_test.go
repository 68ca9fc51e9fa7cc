package cfapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// The transport in memory reaches the same handler whatever host is asked for,
// so a followed redirect would show as a second request.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, location := range []string{
		"https://elsewhere.example/collect",
		"http://elsewhere.example/collect",
		simulator.BaseURL + "/accounts/x/access/policy-tests/y",
		"/login",
		"?again",
		"http://[::1",
		"",
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprint(status, " ", location), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var hosts []string
					client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						hosts = append(hosts, r.Host+r.URL.Path)
						if location != "" {
							w.Header().Set("Location", location)
						}
						w.WriteHeader(status)
					}), everySecret)
					_, err := get(t.Context(), client)
					failure := wantKind(t, err, cfapi.UnexpectedResponse)
					if failure.HTTPStatus != status {
						t.Errorf("failure is %v", failure)
					}
					if len(hosts) != 1 || !strings.HasPrefix(hosts[0], "localhost/accounts/"+simulator.AccountID) {
						t.Errorf("requests went to %q", hosts)
					}
				})
			})
		}
	}
}

// A page that redirects is as foreign as any other, and says as much.
func TestRedirectPage(t *testing.T) {
	t.Parallel()
	failure := mustFail(t, simulator.Fault{
		Status: 302,
		Header: http.Header{"Location": {"https://portal.example/"}},
		Body:   "<html><title>Sign in to the guest network</title></html>",
	})
	if failure.Error() != `unexpected_response: HTTP 302: an HTML page titled "Sign in to the guest network"` {
		t.Errorf("failure is %v", failure)
	}
}
