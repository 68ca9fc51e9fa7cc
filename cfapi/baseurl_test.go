package cfapi_test

import (
	"net/http"
	"strings"
	"testing"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// addressed returns the address that a client of baseURL asks, without asking.
func addressed(t *testing.T, baseURL string) (string, error) {
	t.Helper()
	var address string
	client, err := cfapi.New(cfapi.Config{
		BaseURL:     baseURL,
		Credentials: everySecret,
		Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			address = req.URL.String()
			return &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody}, nil
		}),
	})
	if err != nil {
		return "", err
	}
	_, err = client.GetPolicyTest(t.Context(), "a", "t")
	wantKind(t, err, cfapi.NotFound)
	return address, nil
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestBaseURLs(t *testing.T) {
	t.Parallel()
	const rest = "/accounts/a/access/policy-tests/t"
	for base, want := range map[string]string{
		"":                                      "https://api.cloudflare.com/client/v4",
		cfapi.DefaultBaseURL:                    "https://api.cloudflare.com/client/v4",
		"https://api.cloudflare.com/client/v4/": "https://api.cloudflare.com/client/v4",
		"https://api.cloudflare.com/client/v4#": "https://api.cloudflare.com/client/v4",
		"HTTPS://proxy.example":                 "https://proxy.example",
		"https://proxy.example:8443/cf///":      "https://proxy.example:8443/cf",
		"https://proxy.example/a%2Fb":           "https://proxy.example/a%2Fb",
		"https://[2001:db8::1]/x":               "https://[2001:db8::1]/x",
		"http://localhost":                      "http://localhost",
		"http://LOCALHOST:8080/x":               "http://LOCALHOST:8080/x",
		"http://127.0.0.1:8080":                 "http://127.0.0.1:8080",
		"http://127.1.2.3":                      "http://127.1.2.3",
		"http://[::1]:8080":                     "http://[::1]:8080",
		"http://[::ffff:127.0.0.1]":             "http://[::ffff:127.0.0.1]",
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			got, err := addressed(t, base)
			if err != nil {
				t.Fatal(err)
			}
			if got != want+rest {
				t.Errorf("address is %s, want %s", got, want+rest)
			}
		})
	}
}

// Over plain http the credentials would be anybody's to read, and whatever
// follows a path would be cut off by the account's own path.
func TestBaseURLsThatAreRefused(t *testing.T) {
	t.Parallel()
	const absolute, secure, user, query = "absolute URL", "https://", "user name or password", "query or a fragment"
	for base, reason := range map[string]string{
		"api.cloudflare.com/client/v4":    absolute,
		"/client/v4":                      absolute,
		"https:":                          absolute,
		"https://":                        absolute,
		"https:///client/v4":              absolute,
		"https://:8443/client/v4":         absolute,
		"http://:8080":                    absolute,
		"https:api.cloudflare.com":        absolute,
		"https://api.cloudflare.com:port": absolute,
		"https://[::1":                    absolute,
		"https://exa mple.com":            absolute,
		"https://example.com/\n":          absolute,
		"https://example.com/%zz":         absolute,
		" https://example.com":            absolute,
		"://":                             absolute,

		"http://api.cloudflare.com/client/v4": secure,
		"http://127.0.0.1.example.com":        secure,
		"http://localhost.example.com":        secure,
		"http://localhost.":                   secure,
		"http://127.1":                        secure,
		"http://2130706433":                   secure,
		"http://0x7f000001":                   secure,
		"http://0.0.0.0":                      secure,
		"http://[::]":                         secure,
		"http://10.0.0.1":                     secure,
		"http://192.168.0.1":                  secure,
		"http://169.254.169.254":              secure,
		"ftp://127.0.0.1":                     secure,
		"file://localhost/etc":                secure,
		"ws://localhost":                      secure,
		"//api.cloudflare.com/client/v4":      secure,

		"https://user@example.com":        user,
		"https://user:secret@example.com": user,
		"https://@example.com":            user,
		"http://user:secret@localhost":    user,
		"https://:secret@example.com/x?y": user,

		"https://example.com/?a=b":  query,
		"https://example.com?":      query,
		"https://example.com/x#y":   query,
		"http://localhost/?a=b#c":   query,
		"https://example.com/#%20 ": query,
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			_, err := addressed(t, base)
			if err == nil {
				t.Fatal("it was accepted")
			}
			if !strings.Contains(err.Error(), reason) {
				t.Errorf("error is %q, want %q in it", err, reason)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("error %q repeats a password", err)
			}
		})
	}
}

func TestBaseURLErrorSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := cfapi.New(cfapi.Config{BaseURL: "http://api.cloudflare.com/client/v4"})
	const want = `the base URL must start with https:// (http:// is allowed only for a loopback address), but is for "api.cloudflare.com" over "http"`
	if err == nil || err.Error() != want {
		t.Errorf("error is\n%v\nwant\n%s", err, want)
	}
	// Both the simulator's address and the default pass, or nothing would work.
	for _, base := range []string{simulator.BaseURL, cfapi.DefaultBaseURL} {
		if _, err := cfapi.New(cfapi.Config{BaseURL: base}); err != nil {
			t.Error(err)
		}
	}
}
