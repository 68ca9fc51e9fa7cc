package cli

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/zalando/go-keyring"

	"access-policy-mcp/cfapi/simulator"
)

// TestServersThatRun see a login and a logout at their next call, with the account.
func TestServersThatRun(t *testing.T) {
	env, sim := withKeyRing(t)
	var sent atomic.Value // with the latest request
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent.Store(r.Header.Get("Authorization") + " " + r.URL.Path)
		sim.ServeHTTP(w, r)
	}))
	t.Cleanup(api.Close)
	env = append(env, "CLOUDFLARE_BASE_URL="+api.URL)
	stdin, toServer := io.Pipe()
	fromServer, stdout := io.Pipe()
	ended := make(chan int)
	go func() {
		ended <- Run(t.Context(), nil, env, stdin, stdout, io.Discard)
		_ = stdout.Close()
	}()
	answers := bufio.NewScanner(fromServer)
	call := func(arguments, want string) {
		t.Helper()
		_, _ = io.WriteString(toServer, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_access_policy_test","arguments":{`+
			arguments+`"policy_test_id":"example-documented"}}}`+"\n")
		if !answers.Scan() || !strings.Contains(answers.Text(), want) {
			t.Errorf("%v: %s", answers.Err(), answers.Text())
		}
	}
	wantSent := func(token, account string) {
		t.Helper()
		if got := sent.Load().(string); !strings.HasPrefix(got, "Bearer "+token+" /accounts/"+account+"/") {
			t.Errorf("the request was %s", got)
		}
	}
	logInWith := func(token, account string) {
		t.Helper()
		if status, _, stderr := logIn(t, env, token, "--account-id", account); status != 0 {
			t.Fatalf("%d: %s", status, stderr)
		}
	}
	call(`"account_id":"`+simulator.AccountID+`",`, `"kind":"no_credentials"`)
	call("", "account_id is required")
	logInWith(simulator.Token, "other")
	call("", `"kind":"forbidden"`)
	wantSent(simulator.Token, "other")
	call(`"account_id":"`+simulator.AccountID+`",`, `"status":"complete"`)
	wantSent(simulator.Token, simulator.AccountID)
	if err := keyring.Set("access-policy-mcp", newSettings(env).apiURL(), "revoked"); err != nil {
		t.Fatal(err)
	}
	call(`"account_id":"`+simulator.AccountID+`",`, `"status":"complete"`) // what was found is kept
	logInWith(simulator.AccountToken, simulator.AccountID)
	call("", `"status":"complete"`)
	wantSent(simulator.AccountToken, simulator.AccountID)
	if status, _, stderr := run(t, env, "logout"); status != 0 {
		t.Errorf("%d: %s", status, stderr)
	}
	call(`"account_id":"`+simulator.AccountID+`",`, `"kind":"no_credentials"`)
	_ = toServer.Close()
	if status := <-ended; status != 0 {
		t.Errorf("the server has ended with %d", status)
	}
}
