package cfapi_test

import (
	"net/url"
	"strings"
	"testing"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// Whatever the identifiers are, a request goes to the documented place for just
// these identifiers, or nowhere.
func FuzzPath(f *testing.F) {
	for _, id := range []string{"", ".", "..", "...", "abc", "a/b", "../x", "%2e%2e", "a?b#c", " ", "\x00", "\r\nHost: x", "\xff", "é", "@evil.test", "//evil.test", ";", "a%"} {
		f.Add(id, "test")
		f.Add("account", id)
	}
	var lines []requestLine
	transport, stop := simulator.Serve(record(&lines))
	f.Cleanup(stop)
	client, err := cfapi.New(cfapi.Config{BaseURL: "https://api.example/client/v4", Credentials: everySecret, Transport: plain{transport}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, account, test string) {
		if len(account)+len(test) > 100_000 {
			t.Skip("more than a server reads of a request line")
		}
		lines = nil
		_, err := client.GetPolicyTest(t.Context(), account, test)
		if vanishes(account) || vanishes(test) {
			wantKind(t, err, cfapi.InvalidArgument)
			if len(lines) != 0 {
				t.Errorf("requests are %+v", lines)
			}
			return
		}
		if err != nil || len(lines) != 1 {
			t.Fatalf("requests are %+v, error %v", lines, err)
		}
		got := lines[0]
		if got.host != "api.example" || got.method != "GET" || got.uri != got.path {
			t.Errorf("request is %+v", got)
		}
		segments := strings.Split(got.path, "/")
		if len(segments) != 8 {
			t.Fatalf("%d segments in %q", len(segments), got.path)
		}
		accountBack, err1 := url.PathUnescape(segments[4])
		testBack, err2 := url.PathUnescape(segments[7])
		if err1 != nil || err2 != nil || accountBack != account || testBack != test {
			t.Errorf("identifiers %q, %q came as %q, %q", account, test, accountBack, testBack)
		}
		segments[4], segments[7] = "A", "T"
		if path := strings.Join(segments, "/"); path != "/client/v4/accounts/A/access/policy-tests/T" {
			t.Errorf("path is %q", path)
		}
	})
}

func vanishes(id string) bool { return id == "" || id == "." || id == ".." }
