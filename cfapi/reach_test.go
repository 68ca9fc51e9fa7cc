package cfapi_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// TestReach: whatever the API itself answers, it can be reached, and whatever something
// before it answers, it cannot.
func TestReach(t *testing.T) {
	t.Parallel()
	refusal := `{"success":false,"errors":[{"code":9106,"message":"Missing headers"}],"result":null}`
	for name, c := range map[string]struct {
		fault simulator.Fault
		kind  cfapi.Kind // "" for none
	}{
		"success":              {simulator.Fault{}, ""},
		"no credentials":       {simulator.Fault{Status: 400, Body: refusal}, ""},
		"refused":              {simulator.Fault{Status: 403, Body: refusal}, ""},
		"no such route":        {simulator.Fault{Status: 404, Body: "404 page not found\n"}, ""},
		"guard before the API": {simulator.Fault{Status: 403, Body: "<title>Blocked</title>"}, cfapi.Forbidden},
		"redirect":             {simulator.Fault{Status: 302}, cfapi.UnexpectedResponse},
		"page of a hotel":      {simulator.Fault{Status: 200, Body: "<title>Welcome</title>"}, cfapi.UnexpectedResponse},
		"overloaded":           {simulator.Fault{Status: 503}, cfapi.Unavailable},
		"quota":                {simulator.Fault{Status: 429}, cfapi.RateLimited},
		"reset":                {simulator.Fault{Reset: true}, cfapi.Unavailable},
		"silence":              {simulator.Fault{Delay: time.Hour}, cfapi.Timeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, sim := simulated(t)
				sim.SetFaults(simulator.Always(c.fault))
				began := time.Now()
				reached, err := client.Reach(t.Context())
				if c.kind != "" {
					wantKind(t, err, c.kind)
				} else if err != nil || reached.Date.IsZero() || reached.Received.Before(reached.Sent) || reached.TLS != "" {
					t.Errorf("%+v, %v", reached, err)
				}
				if took := time.Since(began); took > 10*time.Second || sim.Requests() != 1 {
					t.Errorf("%d requests in %v", sim.Requests(), took)
				}
			})
		})
	}
}

// TestReachTellsTheClockOfTheAPI, and sends no credentials.
func TestReachTellsTheClockOfTheAPI(t *testing.T) {
	t.Parallel()
	date := time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Authorization", "X-Auth-Email", "X-Auth-Key"} {
			if _, sent := r.Header[name]; sent {
				t.Errorf("%s was sent", name)
			}
		}
		w.Header().Set("Date", date.Format(http.TimeFormat))
		http.NotFound(w, r)
	}))
	defer server.Close()
	client, err := cfapi.New(cfapi.Config{BaseURL: server.URL, Credentials: everySecret, Transport: cfapi.NewTransport(server.Client().Transport.(*http.Transport))})
	if err != nil {
		t.Fatal(err)
	}
	reached, err := client.Reach(t.Context())
	if err != nil || !reached.Date.Equal(date) || reached.TLS != tls.VersionName(tls.VersionTLS13) {
		t.Errorf("%+v, %v", reached, err)
	}
	if client.BaseURL() != server.URL || client.Proxy() != "" {
		t.Errorf("%s over %q", client.BaseURL(), client.Proxy())
	}
}

// TestReachFindsNoCertificate that it trusts.
func TestReachFindsNoCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	client, err := cfapi.New(cfapi.Config{BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Reach(t.Context())
	if failure := wantKind(t, err, cfapi.Unavailable); !strings.Contains(failure.Summary, "certificate") {
		t.Error(failure)
	}
}
