package cfapi_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// Cloudflare's front door, proxies and captive portals answer in HTML. Of a page
// of many kilobytes the title is what a reader wants.
func TestForeignBodies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, want string }{
		"front door": {
			"<!DOCTYPE html>\n<html lang=\"en-US\">\n<head>\n<title>api.cloudflare.com | 522: Connection timed out</title>\n<meta charset=\"UTF-8\" /></head><body>" + strings.Repeat("<div>…</div>", 2000) + "</body></html>",
			`an HTML page titled "api.cloudflare.com | 522: Connection timed out"`,
		},
		"banned":             {"<html><head><title>Access denied | Error 1015</title></head></html>", `an HTML page titled "Access denied | Error 1015"`},
		"title over lines":   {"<html><TITLE dir=ltr>\n  Just a\n  moment...\n</TITLE>", `an HTML page titled "Just a moment..."`},
		"entities":           {"<title>You &amp; &quot;me&quot; &lt;b&gt; &#8211; caf&eacute;</title>", `an HTML page titled "You & 'me' <b> – café"`},
		"long title":         {"<title>" + strings.Repeat("x", 500) + "</title>", `an HTML page titled "` + strings.Repeat("x", 99) + `…"`},
		"first title counts": {"<title>one</title><title>two</title>", `an HTML page titled "one"`},
		"no title":           {"  <html><body>Bad gateway</body></html>", "an HTML page"},
		"unfinished title":   {"<html><title>Bad gat", "an HTML page"},
		"XML":                {`<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>`, "an HTML page"},
		"plain text":         {"error code: 1015\n", `a body that starts with "error code: 1015"`},
		"long text":          {strings.Repeat("no ", 500), `a body that starts with "` + strings.Repeat("no ", 32) + `no…"`},
		"binary":             {"\x00\x01\x02\xff\xfe{}", `a body that starts with "�{}"`},
		"nothing visible":    {"\x00\u200b\x01", `a body that starts with ""`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, status := range []int{200, 403, 502} {
				failure := mustFail(t, simulator.Fault{Status: status, Body: c.body})
				if failure.Summary != c.want {
					t.Errorf("HTTP %d: summary is\n%s\nwant\n%s", status, failure.Summary, c.want)
				}
			}
		})
	}
}

// paddedBody is an answer of exactly that many bytes.
func paddedBody(size int) string {
	const head, tail = `{"success":true,"result":{"status":"complete"}`, `}`
	return head + strings.Repeat(" ", size-len(head)-len(tail)) + tail
}

func TestBodiesUpToOneMebibyteAreRead(t *testing.T) {
	t.Parallel()
	answer := mustAnswer(t, simulator.Fault{Status: 200, Body: paddedBody(1 << 20)})
	if answer.Result.Status != cfapi.Complete {
		t.Errorf("result is %+v", answer.Result)
	}
	for status, want := range map[int]cfapi.Kind{200: cfapi.UnexpectedResponse, 404: cfapi.NotFound, 503: cfapi.Unavailable} {
		failure := mustFail(t, simulator.Fault{Status: status, Body: paddedBody(1<<20 + 1)})
		if failure.Kind != want || failure.Summary != "a body of more than 1 MiB" {
			t.Errorf("HTTP %d: failure is %v", status, failure)
		}
	}
}

// A body without end must neither fill the memory nor hold the caller.
func TestEndlessBodyIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var written atomic.Int64
		var left atomic.Bool
		client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			chunk := []byte(strings.Repeat("x", 4096))
			for {
				n, err := w.Write(chunk)
				written.Add(int64(n))
				if err != nil {
					left.Store(true)
					return
				}
			}
		}), everySecret)
		_, err := get(t.Context(), client)
		wantKind(t, err, cfapi.UnexpectedResponse)
		synctest.Wait() // until the server has noticed
		if n := written.Load(); n > 2<<20 {
			t.Errorf("%d bytes were taken", n)
		}
		if !left.Load() {
			t.Error("the server is still writing: its connection was neither read nor closed")
		}
	})
}

// The bound holds for what a small compressed body unpacks to.
func TestCompressedBodies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		size int
		want cfapi.Kind
	}{
		"small": {1000, ""},
		"bomb":  {64 << 20, cfapi.UnexpectedResponse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Header.Get("Accept-Encoding") != "gzip" {
						t.Error("the client does not ask for compression")
					}
					w.Header().Set("Content-Encoding", "gzip")
					packed := gzip.NewWriter(w)
					_, _ = io.WriteString(packed, paddedBody(c.size))
					_ = packed.Close()
				}), everySecret)
				answer, err := get(t.Context(), client)
				if c.want == "" {
					if err != nil || answer.Result.Status != cfapi.Complete {
						t.Errorf("answer is %+v, error %v", answer, err)
					}
					return
				}
				wantKind(t, err, c.want)
			})
		})
	}
}

// Deep nesting is refused by the decoder rather than followed.
func TestDeeplyNestedBody(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		strings.Repeat("[", 20_000),
		`{"result":` + strings.Repeat(`{"a":`, 20_000),
		`{"errors":[` + strings.Repeat(`{"error_chain":[`, 12_000) + strings.Repeat(`]}`, 12_000) + `]}`,
	} {
		failure := mustFail(t, simulator.Fault{Status: 200, Body: body})
		if failure.Kind != cfapi.UnexpectedResponse || len(failure.Summary) > 500 {
			t.Errorf("failure is %v", failure)
		}
	}
}

// An answer need not say what it is: what counts is whether it can be read.
func TestContentTypeIsNotDecisive(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"", "text/plain", "text/html; charset=utf-8", "application/problem+json"} {
		fault := success(`{"status":"complete"}`)
		fault.Header = http.Header{"Content-Type": {contentType}}
		if got := mustAnswer(t, fault).Result.Status; got != cfapi.Complete {
			t.Errorf("%q: status is %q", contentType, got)
		}
	}
	failure := mustFail(t, simulator.Fault{Status: 200, Body: "<html>", Header: http.Header{"Content-Type": {"application/json"}}})
	if fmt.Sprint(failure) != "unexpected_response: HTTP 200: an HTML page" {
		t.Errorf("failure is %v", failure)
	}
}
