package cli

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools"
)

// unreachable is a transport that gets no answer.
type unreachable struct{ err error }

func (u unreachable) RoundTrip(*http.Request) (*http.Response, error) { return nil, u.err }

// TestConnectionFailures: the cause is whole, and each has its next step.
func TestConnectionFailures(t *testing.T) {
	long := strings.Repeat("name.example.com, ", 60) + "last.example.com"
	unresolved := &net.DNSError{Err: "no such host", Name: "api.exmaple.com", Server: "192.0.2.53:53", IsNotFound: true}
	for name, tt := range map[string]struct {
		err        error
		want, next string
	}{
		"refused":       {&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connect: connection refused")}, "could not be reached: dial tcp: connect: connection refused", "Try again in a minute; if it persists, check CLOUDFLARE_BASE_URL and the network."},
		"unresolved":    {&net.OpError{Op: "dial", Net: "tcp", Err: unresolved}, "lookup api.exmaple.com on 192.0.2.53:53: no such host", "The name does not resolve: check CLOUDFLARE_BASE_URL, or the network."},
		"slow DNS":      {&net.DNSError{Err: "i/o timeout", Name: "api.exmaple.com", IsTimeout: true}, "did not answer in time: no answer in time: lookup api.exmaple.com: i/o timeout", "The name does not resolve: check CLOUDFLARE_BASE_URL, or the network."},
		"proxy":         {&net.OpError{Op: "proxyconnect", Net: "tcp", Err: unresolved}, "proxyconnect tcp: lookup api.exmaple.com", "That is the proxy: check HTTPS_PROXY and the network."},
		"proxy address": {errors.New(`parse "http://user:secret@proxy:x": invalid port`), `parse "http://[redacted]@proxy:x": invalid port`, "Try again"},
		"certificate":   {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "x509: certificate signed by unknown authority", "SSL_CERT_FILE"},
		"long":          {errors.New("x509: certificate is valid for " + long), "last.example.com", "Try again"},
	} {
		client, err := cfapi.New(cfapi.Config{Credentials: cfapi.Credentials{Token: "token"}, Transport: unreachable{tt.err}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.WithTurn(cfapi.Turn{Once: true, MaxWait: time.Second}).GetPolicyTest(t.Context(), "a", "b")
		text := failureText(err, tools.Credential{}, reading(), false)
		if !strings.Contains(text, tt.want) || !strings.Contains(text, tt.next) || strings.Contains(text, "secret") || strings.Contains(text, "temporary") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// TestFailureTexts: no failure is told in the words for a model.
func TestFailureTexts(t *testing.T) {
	for _, kind := range []cfapi.Kind{cfapi.InvalidArgument, cfapi.NoCredentials, cfapi.Unauthenticated, cfapi.Forbidden, cfapi.NotFound, cfapi.RateLimited,
		cfapi.Unavailable, cfapi.UnexpectedResponse, cfapi.Timeout, cfapi.Canceled, cfapi.Internal} {
		for _, p := range []purpose{reading(), starting([]string{"abc"})} {
			for _, credential := range []tools.Credential{{}, {Credentials: cfapi.Credentials{Key: "k", Email: "e"}}} {
				text := failureText(&cfapi.Error{Kind: kind}, credential, p, false)
				for _, word := range []string{"account_id", "policy_test_id", "wait_seconds", "policies.", "_access_", "argument", "restart", "call again"} {
					if strings.Contains(text, word) {
						t.Errorf("%s: %q in %s", kind, word, text)
					}
				}
				if len(text) < 30 || !strings.HasSuffix(text, ".") {
					t.Errorf("%s: %s", kind, text)
				}
			}
		}
	}
	if text := failureText(&cfapi.Error{Kind: cfapi.Timeout, MayBeDone: true}, tools.Credential{}, starting(nil), false); !strings.Contains(text, "it is not known whether a test was started") {
		t.Error(text)
	}
}

// TestWarningWords: a warning tells a failure to a person in words, and to a program by
// its kind.
func TestWarningWords(t *testing.T) {
	failure := &cfapi.Error{Kind: cfapi.Unavailable, HTTPStatus: http.StatusInternalServerError}
	if words := getCall("x", time.Second, false).words(); words == nil || words(failure) != "Cloudflare failed to answer" {
		t.Error("a person does not get the words for one")
	}
	if getCall("x", time.Second, true).words() != nil {
		t.Error("a program does not get the kind")
	}
}
