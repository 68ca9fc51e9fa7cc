package cfapi_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

var secrets = map[string]string{"token": simulator.Token, "email": simulator.Email, "key": simulator.Key}

// An upstream, or something between it and us, may say back what it was sent.
func TestEchoedCredentialsAreRedacted(t *testing.T) {
	t.Parallel()
	for name, secret := range secrets {
		for disguise, echo := range map[string]string{
			"as it is":      secret,
			"upper case":    strings.ToUpper(secret),
			"title case":    strings.ToUpper(secret[:1]) + secret[1:],
			"zero width":    secret[:5] + "\u200b" + secret[5:],
			"every gap":     strings.Join(strings.Split(secret, ""), "\u2060"),
			"soft hyphen":   secret[:3] + "\u00ad" + secret[3:],
			"selectors":     secret[:3] + "\ufe0f\U000e0100" + secret[3:],
			"bidi":          secret[:7] + "\u202a\u202c" + secret[7:],
			"tags":          secret[:7] + "\U000e0041" + secret[7:],
			"colour":        secret[:4] + "\x1b[31m" + secret[4:],
			"NUL":           secret[:4] + "\x00" + secret[4:],
			"upper, hidden": strings.ToUpper(secret[:6]) + "\u200d" + secret[6:],
			"long s":        strings.ReplaceAll(secret, "s", "\u017f"),
			"in a query":    url.QueryEscape(secret),
			"all escaped":   escapeAll(secret, "%%%02X"),
			"lower case":    escapeAll(secret, "%%%02x"),
			"escaped twice": url.QueryEscape(escapeAll(secret, "%%%02X")),
			"in JSON":       escapeAll(secret, `\u%04X`),
			"JSON in JSON":  escapeAll(secret, `\\u%04x`),
			"one in JSON":   strings.Replace(secret, secret[2:3], fmt.Sprintf(`\u%04x`, secret[2]), 1),
			"in HTML":       escapeAll(secret, "&#%d;"),
			"in HTML, hex":  escapeAll(secret, "&#x%X;"),
		} {
			t.Run(name+"/"+disguise, func(t *testing.T) {
				t.Parallel()
				got := message(t, "Invalid header: Bearer "+echo+"; try again")
				if got != "Invalid header: Bearer [redacted]; try again" {
					t.Errorf("message is %q", got)
				}
			})
		}
	}
}

// escapeAll writes every character of an ASCII text with a format.
func escapeAll(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

// TestBase64IsRedacted, wherever in a longer text the secret begins, as in what HTTP's
// Basic authentication sends.
func TestBase64IsRedacted(t *testing.T) {
	t.Parallel()
	for name, secret := range secrets {
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			for before := range 6 {
				for after := range 4 {
					echo := encoding.EncodeToString([]byte("abc??>"[:before] + secret + ":~~~~"[:after]))
					got := message(t, "Invalid header: Basic "+echo+"; try again")
					left := strings.TrimSuffix(strings.TrimPrefix(got, "Invalid header: Basic "), "; try again")
					if !strings.Contains(left, "[redacted]") || len(left) > len("[redacted]")+20 {
						t.Errorf("%s, %d characters before and %d after: %s of %s", name, before, after, left, echo)
					}
				}
			}
		}
	}
}

// TestRedactionIsExact: nothing else is taken for a secret.
func TestRedactionIsExact(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"simulated", "100% of 20 users", "a & b", `C:\users\x`, "c2ltdWxhdGVk", "admin", "é"} {
		if got := message(t, text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// A secret that only just reaches into what is kept must not be kept by half.
func TestRedactionComesBeforeTheCut(t *testing.T) {
	t.Parallel()
	for before := 270; before <= 305; before++ {
		got := message(t, strings.Repeat("x", before)+simulator.Token)
		if strings.Contains(got, "simul") {
			t.Errorf("after %d characters: message ends with %q", before, got[len(got)-40:])
		}
	}
}

func TestSeveralSecretsInOneText(t *testing.T) {
	t.Parallel()
	got := message(t, simulator.Email+":"+simulator.Key+simulator.Token+simulator.Token)
	if got != "[redacted]:[redacted][redacted][redacted]" {
		t.Errorf("message is %q", got)
	}
}

func TestPageIsRedacted(t *testing.T) {
	t.Parallel()
	entities := strings.NewReplacer("@", "&#64;", "-", "&#x2d;", "a", "&#97;")
	for name, secret := range secrets {
		for _, echo := range []string{secret, strings.ToUpper(secret), entities.Replace(secret)} {
			if html.UnescapeString(strings.ToLower(echo)) != secret {
				t.Fatalf("%q is no disguise of the %s", echo, name)
			}
			for body, want := range map[string]string{
				"<title>Error for " + echo + "</title>": `an HTML page titled "Error for [redacted]"`,
				"<p>Error for " + echo + "</p>":         "an HTML page",
			} {
				if got := mustFail(t, simulator.Fault{Status: 502, Body: body}).Summary; got != want {
					t.Errorf("%s: summary is %q, want %q", name, got, want)
				}
			}
		}
		got := mustFail(t, simulator.Fault{Status: 502, Body: "no: " + secret}).Summary
		if got != `a body that starts with "no: [redacted]"` {
			t.Errorf("%s: summary is %q", name, got)
		}
	}
}

// Errors of the network quote what they could not read.
func TestTransportErrorsAreCleaned(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ reply, want string }{
		"not HTTP":   {simulator.Token + "\r\n\r\n", "[redacted]"},
		"escapes":    {"HTTP/1.1 \x1b[31m\u202e No\r\n\r\n", "malformed"},
		"bad status": {"HTTP/1.1 " + simulator.Key + " No\r\n\r\n", "[redacted]"},
		"bad header": {"HTTP/1.1 200 OK\r\n" + simulator.Email + "\r\n\r\n", "[redacted]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
					near, far := net.Pipe()
					go func() {
						_, _ = far.Read(make([]byte, 4096))
						_, _ = far.Write([]byte(c.reply))
						_ = far.Close()
					}()
					return near, nil
				}}
				_, err := get(t.Context(), clientOver(t, transport, everySecret))
				failure := wantKind(t, err, cfapi.Unavailable)
				wantClean(t, failure.Summary, 300)
				wantClean(t, failure.Error(), 400)
				if !strings.Contains(failure.Summary, c.want) {
					t.Errorf("summary is %q, want %q in it", failure.Summary, c.want)
				}
			})
		})
	}
}

// The address of a request is nobody's business in an error text: it names the
// account.
func TestTransportErrorsDoNotRepeatTheAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := clientOver(t, transportFunc(func(*http.Request) (*http.Response, error) {
			return nil, errors.New("no route to host\nsecond line")
		}), everySecret)
		_, err := get(t.Context(), client)
		if got := wantKind(t, err, cfapi.Unavailable).Error(); got != "upstream_unavailable: no route to host second line" {
			t.Errorf("error is %q", got)
		}
	})
}

// A credential of three letters would turn every message into a riddle, so it is
// left alone; from four letters on it is not.
func TestShortSecrets(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{"abc": "abc and abcd", "abcd": "abc and [redacted]"} {
		synctest.Test(t, func(t *testing.T) {
			sim := simulator.New()
			sim.SetFaults(simulator.Always(simulator.Fault{Status: 400, Body: `{"errors":[{"message":"abc and abcd"}]}`}))
			_, err := get(t.Context(), newClient(t, sim, cfapi.Credentials{Token: token}))
			if got := asError(t, err).Notices[0].Message; got != want {
				t.Errorf("message is %q, want %q", got, want)
			}
		})
	}
}

// What a credential contains is text, not a pattern.
func TestSecretsAreNotPatterns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := simulator.New()
		sim.SetFaults(simulator.Always(simulator.Fault{Status: 400, Body: `{"errors":[{"message":"a.+(b and aXXb"}]}`}))
		_, err := get(t.Context(), newClient(t, sim, cfapi.Credentials{Token: "a.+(b"}))
		if got := asError(t, err).Notices[0].Message; got != "[redacted] and aXXb" {
			t.Errorf("message is %q", got)
		}
	})
}
