package cfapi_test

import (
	"net/http"
	"testing"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// requestLine records where the one request of a call went.
type requestLine struct{ host, method, uri, path string }

// record answers every request and keeps its address.
func record(lines *[]requestLine) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*lines = append(*lines, requestLine{r.Host, r.Method, r.RequestURI, r.URL.EscapedPath()})
		_, _ = w.Write([]byte(`{"success":true,"result":{}}`))
	})
}

// recorded calls GetPolicyTest below a base URL that has a path of its own.
func recorded(t *testing.T, account, test string) ([]requestLine, error) {
	t.Helper()
	var lines []requestLine
	transport, stop := simulator.Serve(record(&lines))
	defer stop()
	client, err := cfapi.New(cfapi.Config{BaseURL: "https://api.example/client/v4/", Credentials: everySecret, Transport: plain{transport}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.GetPolicyTest(t.Context(), account, test)
	return lines, err
}

// plain carries a request for an https address without TLS.
type plain struct{ http.RoundTripper }

func (p plain) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Scheme = "http"
	return p.RoundTripper.RoundTrip(req)
}

func TestPath(t *testing.T) {
	t.Parallel()
	for id, escaped := range map[string]string{
		"abc-DEF_019":    "abc-DEF_019",
		"a/b":            "a%2Fb",
		"../../user":     "..%2F..%2Fuser",
		"a?status=x":     "a%3Fstatus=x",
		"a#b":            "a%23b",
		"a%2Fb":          "a%252Fb",
		"%2e%2e":         "%252e%252e",
		"...":            "...",
		".a":             ".a",
		" ":              "%20",
		"a b":            "a%20b",
		"a\\b":           "a%5Cb",
		"a;b":            "a%3Bb",
		"a\r\nHost: b":   "a%0D%0AHost:%20b",
		"\x00":           "%00",
		"é":              "%C3%A9",
		"\xff":           "%FF",
		"user@evil.test": "user@evil.test",
		"//evil.test":    "%2F%2Fevil.test",
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			for _, c := range []struct{ account, test, want string }{
				{id, "t", "/client/v4/accounts/" + escaped + "/access/policy-tests/t"},
				{"a", id, "/client/v4/accounts/a/access/policy-tests/" + escaped},
			} {
				lines, err := recorded(t, c.account, c.test)
				if err != nil {
					t.Fatal(err)
				}
				want := requestLine{"api.example", http.MethodGet, c.want, c.want}
				if len(lines) != 1 || lines[0] != want {
					t.Errorf("requests are %+v, want %+v", lines, want)
				}
			}
		})
	}
}

// These would vanish on the way and leave a request for something else.
func TestPathElementsThatVanish(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", ".", ".."} {
		for _, pair := range [][2]string{{id, "t"}, {"a", id}, {id, id}} {
			lines, err := recorded(t, pair[0], pair[1])
			failure := wantKind(t, err, cfapi.InvalidArgument)
			if failure.HTTPStatus != 0 || failure.Summary == "" {
				t.Errorf("%q: failure is %v", pair, failure)
			}
			if len(lines) != 0 {
				t.Errorf("%q: requests are %+v", pair, lines)
			}
		}
	}
}

// A wrong argument is the caller's first problem, whatever else is missing.
func TestPathIsCheckedBeforeCredentials(t *testing.T) {
	t.Parallel()
	client, err := cfapi.New(cfapi.Config{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.GetPolicyTest(t.Context(), "", "")
	wantKind(t, err, cfapi.InvalidArgument)
}
