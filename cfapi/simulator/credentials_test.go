package simulator_test

import (
	"net/http"
	"strings"
	"testing"

	"access-policy-mcp/cfapi/simulator"
)

// headers is one combination of the three headers; "-" stands for none.
type headers struct{ authorization, email, key string }

func askAs(t *testing.T, client *http.Client, h headers) reply {
	t.Helper()
	req := newRequest(t, http.MethodGet, testURL(simulator.BaseURL, simulator.AccountID, simulator.PolicyTestID))
	for name, value := range map[string]string{"Authorization": h.authorization, "X-Auth-Email": h.email, "X-Auth-Key": h.key} {
		if value != "-" {
			req.Header.Set(name, value)
		}
	}
	return do(t, client, req)
}

const right = "Bearer " + simulator.Token

func TestRightCredentials(t *testing.T) {
	t.Parallel()
	client := serve(t, simulator.New())
	for _, h := range []headers{
		{right, "-", "-"},
		{"-", simulator.Email, simulator.Key},
	} {
		if got := askAs(t, client, h); got.status != http.StatusOK {
			t.Errorf("%q: HTTP %d, %s", h, got.status, got.body)
		}
	}
}

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		headers headers
		status  int
		code    int
	}{
		"none":           {headers{"-", "-", "-"}, 400, 9106},
		"empty":          {headers{"", "", ""}, 400, 9106},
		"other token":    {headers{"Bearer other", "-", "-"}, 401, 1000},
		"token in caps":  {headers{"Bearer " + strings.ToUpper(simulator.Token), "-", "-"}, 401, 1000},
		"token prefix":   {headers{right[:len(right)-1], "-", "-"}, 401, 1000},
		"key as token":   {headers{"Bearer " + simulator.Key, "-", "-"}, 401, 1000},
		"no token":       {headers{"Bearer", "-", "-"}, 400, 6003},
		"blank token":    {headers{"Bearer ", "-", "-"}, 400, 6003},
		"no scheme":      {headers{simulator.Token, "-", "-"}, 400, 6003},
		"Basic":          {headers{"Basic YTpi", "-", "-"}, 400, 6003},
		"only email":     {headers{"-", simulator.Email, "-"}, 403, 9106},
		"only key":       {headers{"-", "-", simulator.Key}, 403, 9106},
		"wrong email":    {headers{"-", "other@example.com", simulator.Key}, 403, 9106},
		"wrong key":      {headers{"-", simulator.Email, "other"}, 403, 9106},
		"both wrong":     {headers{"-", "other@example.com", "other"}, 403, 9106},
		"swapped":        {headers{"-", simulator.Key, simulator.Email}, 403, 9106},
		"token as key":   {headers{"-", simulator.Email, simulator.Token}, 403, 9106},
		"empty key":      {headers{"-", simulator.Email, ""}, 403, 9106},
		"key, no Bearer": {headers{simulator.Token, simulator.Email, simulator.Key}, 400, 6003},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFailure(t, askAs(t, serve(t, simulator.New()), c.headers), c.status, c.code)
		})
	}
}

// Two schemes at once are refused however right each of them is: a client that
// sends both must not pass its tests.
func TestBothSchemesAreRefused(t *testing.T) {
	t.Parallel()
	client := serve(t, simulator.New())
	for _, authorization := range []string{right, "Bearer other", "Basic YTpi"} {
		for _, email := range []string{"-", simulator.Email, "other@example.com"} {
			for _, key := range []string{"-", simulator.Key, "other"} {
				if email == "-" && key == "-" {
					continue
				}
				got := askAs(t, client, headers{authorization, email, key})
				wantFailure(t, got, http.StatusBadRequest, 6003)
				if chain := got.wire(t).Errors[0].Chain; len(chain) != 1 || chain[0].Code != 6103 {
					t.Errorf("inner errors are %v", chain)
				}
			}
		}
	}
}

// Whoever is not known must not learn which accounts, tests and routes exist.
func TestCredentialsComeFirst(t *testing.T) {
	t.Parallel()
	client := serve(t, simulator.New())
	for _, url := range []string{
		testURL(simulator.BaseURL, "other", simulator.PolicyTestID),
		testURL(simulator.BaseURL, simulator.AccountID, "no-such-test"),
		testURL(simulator.BaseURL, strings.Repeat("a", 33), "x"),
		simulator.BaseURL + "/",
	} {
		req := newRequest(t, http.MethodGet, url)
		req.Header.Set("Authorization", "Bearer other")
		wantFailure(t, do(t, client, req), http.StatusUnauthorized, 1000)
	}
}

func TestCredentialsAreNotEchoed(t *testing.T) {
	t.Parallel()
	client := serve(t, simulator.New())
	for _, h := range []headers{{"Bearer guessed", "-", "-"}, {"-", "guessed", "guessed"}, {"guessed", "guessed", "guessed"}} {
		if got := askAs(t, client, h); strings.Contains(got.body, "guessed") {
			t.Errorf("answer is %s", got.body)
		}
	}
}
