package cfapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// TestListPolicyTestUsers: what is asked, and what of the answer is passed on.
func TestListPolicyTestUsers(t *testing.T) {
	for status, query := range map[cfapi.UserStatus]string{
		"":                 "page=3&per_page=7",
		cfapi.UserApproved: "page=3&per_page=7&status=success",
		cfapi.UserBlocked:  "page=3&per_page=7&status=fail",
		cfapi.UserErrored:  "page=3&per_page=7&status=error",
	} {
		transport, stop := simulator.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RequestURI() != "/accounts/a/access/policy-tests/b/users?"+query {
				t.Errorf("asked for %s", r.URL.RequestURI())
			}
			_, _ = w.Write([]byte(`{"success": true, "result": [
				{"id": "1", "email": "a@example.com", "name": "A\u202e\u0007 B", "status": "blocked"},
				{"id": null, "email": "` + strings.Repeat("x", 300) + `", "status": "new"}, {}]}`))
		}))
		client, err := cfapi.New(cfapi.Config{BaseURL: simulator.BaseURL, Credentials: cfapi.Credentials{Token: simulator.Token}, Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.ListPolicyTestUsers(t.Context(), "a", "b", 3, 7, status)
		if err != nil {
			t.Error(err)
		}
		want := []cfapi.User{
			{ID: "1", Email: "a@example.com", Name: "A B", Status: cfapi.UserBlocked},
			{Email: strings.Repeat("x", 253) + "…", Status: "new"},
			{},
		}
		if diff := cmp.Diff(want, answer.Result); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		stop()
	}
}
