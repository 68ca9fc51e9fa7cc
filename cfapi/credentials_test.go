package cfapi_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// The whole header is compared, so that nothing can be added to it unnoticed.
func TestRequestHeader(t *testing.T) {
	t.Parallel()
	token := http.Header{"Authorization": {"Bearer simulated-api-token"}}
	key := http.Header{"X-Auth-Email": {"admin@example.com"}, "X-Auth-Key": {"simulated-global-api-key"}}
	for name, c := range map[string]struct {
		credentials cfapi.Credentials
		want        http.Header
	}{
		"token":           {cfapi.Credentials{Token: simulator.Token}, token},
		"key":             {cfapi.Credentials{Email: simulator.Email, Key: simulator.Key}, key},
		"both":            {everySecret, token},
		"token and email": {cfapi.Credentials{Token: simulator.Token, Email: simulator.Email}, token},
		"token and key":   {cfapi.Credentials{Token: simulator.Token, Key: simulator.Key}, token},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := simulator.New()
				var got []http.Header
				client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					got = append(got, r.Header.Clone())
					sim.ServeHTTP(w, r)
				}), c.credentials)
				// Retries must carry the same credentials as the first attempt.
				sim.SetFaults(simulator.Once(1, simulator.Fault{Status: 503}))
				if _, err := get(t.Context(), client); err != nil {
					t.Fatal(err)
				}
				want := c.want.Clone()
				want.Set("Accept", "application/json")
				want.Set("Accept-Encoding", "gzip")
				want.Set("User-Agent", "policy-test-test/1.0")
				if diff := cmp.Diff([]http.Header{want, want}, got); diff != "" {
					t.Errorf("headers (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestNoCredentialsNoRequest(t *testing.T) {
	t.Parallel()
	for name, credentials := range map[string]cfapi.Credentials{
		"none":  {},
		"email": {Email: simulator.Email},
		"key":   {Key: simulator.Key},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if credentials.Present() {
				t.Error("Present is true")
			}
			sim := simulator.New()
			_, err := get(t.Context(), newClient(t, sim, credentials))
			if failure := wantKind(t, err, cfapi.NoCredentials); failure.HTTPStatus != 0 {
				t.Errorf("failure is %v", failure)
			}
			if sim.Requests() != 0 {
				t.Errorf("%d requests", sim.Requests())
			}
		})
	}
}

// The zero configuration is a client of the production API, which must not be
// asked anything without credentials.
func TestZeroConfig(t *testing.T) {
	t.Parallel()
	client, err := cfapi.New(cfapi.Config{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = get(t.Context(), client)
	wantKind(t, err, cfapi.NoCredentials)
}

// A value that came with a newline from a file, or with a typographic dash from
// a document, is found when the program starts rather than in a call.
func TestImpossibleCredentials(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"space":          "secretvalue secondhalf",
		"trailing space": "secretvalue ",
		"newline":        "secretvalue\n",
		"header":         "secretvalue\r\nX-Injected: 1",
		"tab":            "secretvalue\t",
		"NUL":            "secretvalue\x00",
		"DEL":            "secretvalue\x7f",
		"escape":         "\x1bsecretvalue",
		"dash":           "secretvalue–secondhalf",
		"zero width":     "secretvalue\u200b",
		"invalid UTF-8":  "secretvalue\xff",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for field, credentials := range map[string]cfapi.Credentials{
				"API token":      {Token: bad},
				"e-mail address": {Email: bad, Key: simulator.Key},
				"API key":        {Email: simulator.Email, Key: bad},
			} {
				_, err := cfapi.New(cfapi.Config{Credentials: credentials})
				if err == nil {
					t.Errorf("%s %q was accepted", field, bad)
					continue
				}
				if !strings.Contains(err.Error(), field) {
					t.Errorf("error %q does not say that it is the %s", err, field)
				}
				if strings.Contains(err.Error(), "secretvalue") {
					t.Errorf("error %q repeats the value", err)
				}
			}
		})
	}
}

func TestCredentialsNeverPrint(t *testing.T) {
	t.Parallel()
	nested := struct {
		Name        string
		Credentials cfapi.Credentials
		Pointer     *cfapi.Credentials
	}{"n", everySecret, &everySecret}
	var out bytes.Buffer
	for _, value := range []any{everySecret, &everySecret, nested, []cfapi.Credentials{everySecret}, cfapi.Config{Credentials: everySecret}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
		fmt.Fprintln(&out, value)
	}
	text := slog.New(slog.NewTextHandler(&out, nil))
	json := slog.New(slog.NewJSONHandler(&out, nil))
	for _, logger := range []*slog.Logger{text, json} {
		logger.Info("starting", "credentials", everySecret)
		logger.With("credentials", everySecret).WithGroup("g").Info("starting", slog.Any("pointer", &everySecret))
	}
	wantNoSecret(t, out.String())
	if !strings.Contains(out.String(), "[credentials]") {
		t.Error("nothing was printed in the credentials' place")
	}
}

// wantNoSecret checks that none of the credentials is in s, in any letter case.
func wantNoSecret(t *testing.T, s string) {
	t.Helper()
	for _, secret := range []string{simulator.Token, simulator.Email, simulator.Key} {
		if strings.Contains(strings.ToLower(s), secret) {
			t.Errorf("%q is in %.500q", secret, s)
		}
	}
}
