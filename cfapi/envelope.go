package cfapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Answer is a successful exchange.
type Answer[T any] struct {
	// Result is the envelope's result.
	Result T
	// Messages are the API's remarks; mostly empty.
	Messages []Notice
	// RateLimit is the quota that came with the answer.
	RateLimit RateLimit
}

// envelope is the frame of every answer of Cloudflare's API.
type envelope struct {
	Success  bool            `json:"success"`
	Errors   []wireNotice    `json:"errors"`
	Messages []wireNotice    `json:"messages"`
	Result   json.RawMessage `json:"result"`
}

type wireNotice struct {
	Code             Count  `json:"code"`
	Message          string `json:"message"`
	DocumentationURL string `json:"documentation_url"`
	Source           struct {
		Pointer string `json:"pointer"`
	} `json:"source"`
	// Chain holds the inner reasons of some authentication errors.
	Chain []wireNotice `json:"error_chain"`
}

// response is what came over the wire: a status, a header and a bounded body.
type response struct {
	status    int
	header    http.Header
	body      []byte
	truncated bool
}

// decode turns a response into an answer or an [*Error]. The result is JSON that
// starts with open: { or [.
func decode[T any](c *Client, r response, open byte) (Answer[T], error) {
	failure := &Error{
		HTTPStatus: r.status,
		RetryAfter: parseRetryAfter(r.header, time.Now()),
		RateLimit:  parseRateLimit(r.header),
		RayID:      c.clean(rayID(r.header), maxName),
	}
	fail := func(summary string) (Answer[T], error) {
		failure.Summary = summary
		failure.Kind = classify(r.status, failure.Codes())
		return Answer[T]{}, failure
	}

	if r.truncated {
		return fail("a body of more than 1 MiB")
	}
	var env envelope
	if err := json.Unmarshal(r.body, &env); err != nil || !startsWith(r.body, '{') {
		return fail(c.describeBody(r.body))
	}
	failure.Notices = c.notices(env.Errors)
	switch {
	case r.status/100 != 2 && len(failure.Notices) > 0, !env.Success && len(failure.Notices) > 0:
		return fail("")
	case r.status/100 != 2:
		return fail("an answer without an error message")
	case !env.Success:
		return fail("an answer that does not report success, without an error message")
	case !startsWith(env.Result, open):
		return fail("a success without the documented result")
	}
	answer := Answer[T]{Messages: c.notices(env.Messages), RateLimit: failure.RateLimit}
	if err := json.Unmarshal(env.Result, &answer.Result); err != nil {
		return fail("a result with a field of the wrong type")
	}
	return answer, nil
}

// maxNotices bounds how many errors or messages of one answer are kept.
const maxNotices = 5

func (c *Client) notices(wire []wireNotice) []Notice {
	var out []Notice
	var add func([]wireNotice)
	add = func(wire []wireNotice) {
		for _, w := range wire {
			if len(out) == maxNotices {
				return
			}
			out = append(out, Notice{
				Code:             int(w.Code),
				Message:          c.clean(w.Message, maxText),
				DocumentationURL: documentationURL(c.clean(w.DocumentationURL, maxAddress)),
				Pointer:          c.clean(w.Source.Pointer, maxName),
			})
			add(w.Chain)
		}
	}
	add(wire)
	return out
}

// documentationURL keeps addresses of Cloudflare's own, because readers follow
// them.
func documentationURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || u.User != nil || !strings.HasSuffix("."+u.Host, ".cloudflare.com") || len(u.String()) > maxAddress {
		return ""
	}
	return u.String()
}

func startsWith(data []byte, open byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte{open})
}

var rayIDPattern = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)

// rayID returns the cf-ray header if it looks like one.
func rayID(header http.Header) string {
	return rayIDPattern.FindString(header.Get("Cf-Ray"))
}
