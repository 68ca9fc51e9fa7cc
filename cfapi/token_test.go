package cfapi_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

func verifyUser(ctx context.Context, c *cfapi.Client) (cfapi.Answer[cfapi.Token], error) {
	return c.VerifyUserToken(ctx)
}

func verifyAccount(ctx context.Context, c *cfapi.Client) (cfapi.Answer[cfapi.Token], error) {
	return c.VerifyAccountToken(ctx, simulator.AccountID)
}

// TestVerify: each of the two endpoints knows its own tokens alone.
func TestVerify(t *testing.T) {
	t.Parallel()
	expires := time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
	for name, c := range map[string]struct {
		token  string
		verify func(context.Context, *cfapi.Client) (cfapi.Answer[cfapi.Token], error)
		kind   cfapi.Kind
	}{
		"user's":              {simulator.Token, verifyUser, ""},
		"account's":           {simulator.AccountToken, verifyAccount, ""},
		"account's as user's": {simulator.AccountToken, verifyUser, cfapi.Unauthenticated},
		"user's as account's": {simulator.Token, verifyAccount, cfapi.Unauthenticated},
		"unknown":             {"other", verifyUser, cfapi.Unauthenticated},
		"of another account": {simulator.AccountToken, func(ctx context.Context, c *cfapi.Client) (cfapi.Answer[cfapi.Token], error) {
			return c.VerifyAccountToken(ctx, "other")
		}, cfapi.Forbidden},
		"no account": {simulator.AccountToken, func(ctx context.Context, c *cfapi.Client) (cfapi.Answer[cfapi.Token], error) {
			return c.VerifyAccountToken(ctx, "")
		}, cfapi.InvalidArgument},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simulator.New()
			want := cfapi.Token{ID: simulator.TokenID, Status: cfapi.TokenExpired, ExpiresOn: expires}
			sim.SetToken(want)
			answer, err := c.verify(t.Context(), newClient(t, sim, cfapi.Credentials{Token: c.token}))
			switch {
			case c.kind != "":
				wantKind(t, err, c.kind)
			case err != nil || answer.Result != want:
				t.Errorf("%+v, %v", answer.Result, err)
			}
		})
	}
}

// TestVerifyOddAnswers: what a token is not needed for may have any form.
func TestVerifyOddAnswers(t *testing.T) {
	t.Parallel()
	for result, want := range map[string]cfapi.Token{
		`{"status":"active","expires_on":null,"not_before":"soon"}`: {Status: cfapi.TokenActive},
		`{"status":"rolled","expires_on":5,"id":"\u001b[31mx"}`:     {Status: "rolled", ID: "x"},
		`{"status":"active","not_before":"2031-02-03T04:05:06.5Z"}`: {Status: cfapi.TokenActive, NotBefore: time.Date(2031, 2, 3, 4, 5, 6, 5e8, time.UTC)},
		`{"status":"act\u001b[31mive\n\u202e"}`:                     {Status: "active with invisible characters"},
		`{}`:                                                        {},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, sim := simulated(t)
			sim.SetFaults(simulator.Always(success(result)))
			answer, err := client.VerifyUserToken(t.Context())
			if err != nil || answer.Result != want {
				t.Errorf("%s: %+v, %v", result, answer.Result, err)
			}
		})
	}
}

// TestInactiveTokens are good for asking about themselves alone.
func TestInactiveTokens(t *testing.T) {
	t.Parallel()
	client, sim := simulated(t)
	sim.SetToken(cfapi.Token{Status: cfapi.TokenDisabled})
	_, err := get(t.Context(), client)
	wantKind(t, err, cfapi.Unauthenticated)
}
