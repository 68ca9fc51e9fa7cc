package cfapi

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// fuzzClient has all three secrets, and nothing to send them with.
func fuzzClient(f *testing.F) *Client {
	client, err := New(Config{Credentials: fuzzCredentials})
	if err != nil {
		f.Fatal(err)
	}
	return client
}

var fuzzCredentials = Credentials{Token: "cfut_simulated-token", Email: "admin@example.com", Key: "144c9defac04969c7bfad8efaa8ea194"}

// checkClean checks what every string that leaves the package promises.
func checkClean(t *testing.T, what, s string, limit int) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%s %q is not UTF-8", what, s)
	}
	if n := utf8.RuneCountInString(s); n > limit {
		t.Errorf("%s has %d characters, at most %d are allowed", what, n, limit)
	}
	for _, r := range s {
		if r != ' ' && !unicode.IsPrint(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r) {
			t.Errorf("%s %q contains %U", what, s, r)
		}
	}
	lower := strings.ToLower(s)
	for _, secret := range []string{fuzzCredentials.Token, fuzzCredentials.Email, fuzzCredentials.Key} {
		if strings.Contains(lower, secret) {
			t.Errorf("%s %q contains a secret", what, s)
		}
	}
}

func checkCleanNotices(t *testing.T, notices []Notice) {
	t.Helper()
	if len(notices) > maxNotices {
		t.Errorf("%d notices", len(notices))
	}
	for _, n := range notices {
		checkClean(t, "message", n.Message, maxText)
		checkClean(t, "documentation URL", n.DocumentationURL, maxAddress)
		checkClean(t, "pointer", n.Pointer, maxName)
		checkClean(t, "notice", n.String(), maxText+maxAddress+maxName+50)
	}
}

func checkRateLimit(t *testing.T, limit RateLimit) {
	t.Helper()
	if limit.Remaining < 0 || limit.Reset < 0 || limit.Reset > time.Hour || !limit.Known && limit != (RateLimit{}) {
		t.Errorf("rate limit is %+v", limit)
	}
}

func FuzzEnvelope(f *testing.F) {
	secret := fuzzCredentials.Token
	for _, body := range []string{
		``, `{}`, `null`, `[]`, `{"success":true}`, `{"success":true,"result":null}`, `{"success":true,"result":{}}`,
		`{"success":true,"messages":[{"code":1,"message":"m"}],"result":{"id":"x","status":"complete","total_users":2e1,"percent_approved":33.3}}`,
		`{"success":true,"result":{"total_users":20.5}}`,
		`{"errors":[{"documentation_url":"https://developers.cloudflare.com/` + secret + ` \u5f85?a=%20#b"}]}`,
		`{"success":false,"errors":[{"code":6003,"message":"` + secret + `","documentation_url":"https://e.test","source":{"pointer":"/a"},"error_chain":[{"code":6103}]}]}`,
		`{"success":true,"result":{"id":"` + fuzzCredentials.Email + `","status":"` + strings.ToUpper(fuzzCredentials.Key) + `"}}`,
		`{"errors":[{"code":1e3,"message":"\u001b[31m\u202e\u200b\ud800"}]}`,
		`<html><title>api.cloudflare.com | 522 ` + secret + `</title>`, `<title>&#64;&lt;</title>`, "error code: 1015", "\xff\xfe\x00",
	} {
		f.Add(200, []byte(body), "8e1f2a3b4c5d6e7f-FRA")
		f.Add(403, []byte(body), secret)
	}
	client := fuzzClient(f)
	f.Fuzz(func(t *testing.T, status int, body []byte, ray string) {
		header := http.Header{"Cf-Ray": {ray}, "Retry-After": {ray}, "Ratelimit": {ray}}
		answer, err := decode[PolicyTest](client, response{status: status, header: header, body: body}, '{')
		if err == nil {
			if status/100 != 2 {
				t.Errorf("HTTP %d is an answer", status)
			}
			checkCleanNotices(t, answer.Messages)
			checkRateLimit(t, answer.RateLimit)
			return
		}
		failure, ok := errors.AsType[*Error](err)
		if !ok {
			t.Fatalf("error is %#v", err)
		}
		switch failure.Kind {
		case InvalidArgument, Unauthenticated, Forbidden, NotFound, RateLimited, Unavailable, UnexpectedResponse:
		default:
			t.Errorf("kind is %q", failure.Kind)
		}
		if failure.Summary == "" && len(failure.Notices) == 0 {
			t.Error("nothing says what happened")
		}
		checkClean(t, "summary", failure.Summary, maxName+50)
		checkClean(t, "ray ID", failure.RayID, 64)
		checkClean(t, "error", failure.Error(), maxNotices*(maxText+maxAddress+maxName+50)+maxName+100)
		checkCleanNotices(t, failure.Notices)
		checkRateLimit(t, failure.RateLimit)
		if failure.RetryAfter < 0 || failure.RetryAfter > time.Hour {
			t.Errorf("delay is %v", failure.RetryAfter)
		}
	})
}

func FuzzRateLimit(f *testing.F) {
	for _, value := range []string{
		``, `"default";r=50;t=30`, `"ip";r=180;t=1, "default";r=50;t=30`, `a;r=-1;t=-1`, `("a");r=1`, `"x";r=999999999999999;t=999999999999999`,
		`"x";r=?1;t=@1`, `"x;r`, `:YQ==:;r=1.5`, `%"f%c3";r=1`, `50`, `99999999999999999999`, "Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 01 Jan 0000 00:00:00 GMT",
	} {
		f.Add(value, "3", int64(0))
		f.Add(`"default";r=5;t=6`, value, int64(946684800))
	}
	f.Fuzz(func(t *testing.T, first, second string, now int64) {
		for _, header := range []http.Header{{"Ratelimit": {first}}, {"Ratelimit": {first, second}}} {
			checkRateLimit(t, parseRateLimit(header))
		}
		for _, value := range []string{first, second} {
			delay := parseRetryAfter(http.Header{"Retry-After": {value}}, time.Unix(now, 0))
			if delay < 0 || delay > time.Hour {
				t.Errorf("delay for %q is %v", value, delay)
			}
		}
	})
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{
		"", "plain", "\x1b[31mred\x1b[0m", "\x1b]0;t\x07x", "\u202e\u200b\ufe0f\U000e0041", "\xff\xc0\x80", "one\r\ntwo\u2028three",
		fuzzCredentials.Token, strings.ToUpper(fuzzCredentials.Email), "x" + strings.Join(strings.Split(fuzzCredentials.Key, ""), "\u200b"), strings.Repeat("待", 400),
	} {
		f.Add(s, 100)
	}
	client := fuzzClient(f)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 1 + max(limit, -limit, 0)%maxText
		once := client.clean(s, limit)
		checkClean(t, "text", once, limit)
		checkClean(t, "quoted text", Quote(once), limit+2)
		checkClean(t, "description", client.describeBody([]byte(s)), maxName+50)
		if strings.HasPrefix(once, " ") || strings.HasSuffix(once, " ") || strings.Contains(once, "  ") {
			t.Errorf("text %q has superfluous space", once)
		}
		if twice := client.clean(once, limit); twice != once {
			t.Errorf("text is not stable: %q, then %q", once, twice)
		}
	})
}
