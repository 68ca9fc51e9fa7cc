package watch_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
)

// inPool runs f in fake time with a pool whose requests reach a simulated API.
func inPool(t *testing.T, budget int, f func(t *testing.T, a *api, p *watch.Pool)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a := &api{Simulator: simulator.New(), paths: map[string]int{}}
		transport, stop := simulator.Serve(a)
		defer stop()
		p, err := watch.NewPool(cfapi.Config{BaseURL: simulator.BaseURL, Transport: transport}, budget)
		if err != nil {
			t.Fatal(err)
		}
		f(t, a, p)
	})
}

func token(n int) cfapi.Credentials { return cfapi.Credentials{Token: fmt.Sprint("token-", n)} }

// borrow returns the watcher of a credential.
func borrow(t *testing.T, p *watch.Pool, credentials cfapi.Credentials) (*watch.Watcher, func()) {
	t.Helper()
	w, release, err := p.Watcher(credentials)
	if err != nil {
		t.Fatal(err)
	}
	return w, release
}

// TestPoolKeepsCredentialsApart: one watcher for each, whichever part differs, and a
// budget for each.
func TestPoolKeepsCredentialsApart(t *testing.T) {
	inPool(t, 1, func(t *testing.T, a *api, p *watch.Pool) {
		seen := map[*watch.Watcher]bool{}
		for _, credentials := range []cfapi.Credentials{
			{}, {Token: "ab"}, {Token: "a"}, {Email: "ab"}, {Email: "a", Key: "b"}, {Email: "ab", Key: "b"}, {Key: "ab"},
		} {
			w, release := borrow(t, p, credentials)
			again, releaseAgain := borrow(t, p, credentials)
			if w != again || seen[w] {
				t.Errorf("a watcher too many or too few for %+q", [3]string{credentials.Token, credentials.Email, credentials.Key})
			}
			seen[w] = true
			release()
			releaseAgain()
		}
		for n := range 3 {
			w, release := borrow(t, p, token(n))
			defer release()
			if _, err := w.Get(t.Context(), account, simulator.DocumentedID); kindOf(err) != cfapi.Unauthenticated && kindOf(err) != cfapi.Forbidden {
				t.Errorf("token %d has no budget of its own: %v", n, err)
			}
		}
		if n := a.Requests(); n != 3 {
			t.Errorf("%d requests", n)
		}
	})
}

// TestPoolForgets watchers that nobody uses, once their budgets are whole again, and
// does not take more credentials than it can hold.
func TestPoolForgets(t *testing.T) {
	const most = 1000
	inPool(t, 400, func(t *testing.T, a *api, p *watch.Pool) {
		held, release := borrow(t, p, token(0))
		defer release()
		spent, releaseSpent := borrow(t, p, token(1))
		for range 40 {
			_, _ = spent.Get(t.Context(), account, fmt.Sprint("test-", a.Requests()))
		}
		releaseSpent()
		releaseSpent() // has no effect
		for n := 2; n < most; n++ {
			_, release := borrow(t, p, token(n))
			release()
		}
		if _, _, err := p.Watcher(token(most)); kindOf(err) != cfapi.RateLimited {
			t.Errorf("credential %d: %v", most, err)
		}
		a.SetFaults(simulator.Always(simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"300"}}}))
		if w, release := borrow(t, p, token(1)); w == spent {
			_, _ = w.Get(t.Context(), account, "limited")
			release()
		}
		time.Sleep(2 * time.Minute)
		if _, release := borrow(t, p, token(most)); watch.Watchers(p) != 3 {
			t.Errorf("%d watchers: want the one in use, the one with a penalty and the new one", watch.Watchers(p))
		} else {
			release()
		}
		if w, release := borrow(t, p, token(0)); w != held {
			t.Error("a watcher in use was forgotten")
		} else {
			release()
		}
	})
}

// TestPoolDrains all watchers, those to come as well.
func TestPoolDrains(t *testing.T) {
	inPool(t, 400, func(t *testing.T, a *api, p *watch.Pool) {
		first, release := borrow(t, p, cfapi.Credentials{Token: simulator.Token})
		defer release()
		r := startWait(t, first, simulator.PolicyTestID, time.Minute)
		time.Sleep(3 * time.Second)
		p.Drain()
		<-r.done
		if r.err != nil || r.took != 3*time.Second {
			t.Error(r.err, r.took)
		}
		second, release := borrow(t, p, cfapi.Credentials{Email: simulator.Email, Key: simulator.Key})
		defer release()
		if r := wait(t, second, simulator.PolicyTestID, time.Minute); r.err != nil || r.took > time.Second {
			t.Error(r.err, r.took)
		}
	})
}

// TestPoolRefusesBadConfigurations before anybody calls.
func TestPoolRefusesBadConfigurations(t *testing.T) {
	if _, err := watch.NewPool(cfapi.Config{BaseURL: "http://example.com"}, 1); err == nil {
		t.Error("an unsafe base URL is accepted")
	}
	p, err := watch.NewPool(cfapi.Config{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Watcher(cfapi.Credentials{Token: "two words"}); kindOf(err) != cfapi.Unauthenticated {
		t.Errorf("a token that no header can carry: %v", err)
	}
}
