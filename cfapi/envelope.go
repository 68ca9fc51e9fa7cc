package cfapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"time"
)

// Answer is a successful exchange.
type Answer[T any] struct {
	// Result is the envelope's result.
	Result T
	// Messages are those of the envelope; mostly there are none.
	Messages []Notice
	// RateLimit is the quota that came with the answer.
	RateLimit RateLimit
}

// envelope is the frame of every answer of Cloudflare's API.
type envelope struct {
	success          bool
	errors, messages json.RawMessage // lists of notices
	result           json.RawMessage
}

// UnmarshalJSON implements [json.Unmarshaler].
func (e *envelope) UnmarshalJSON(data []byte) error {
	return readFields(data, map[string]any{"success": &e.success, "errors": &e.errors, "messages": &e.messages, "result": &e.result})
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
	failure.Notices = c.notices(env.errors)
	switch {
	case r.status/100 != 2 && len(failure.Notices) > 0, !env.success && len(failure.Notices) > 0:
		return fail("")
	case r.status/100 != 2:
		return fail("an answer without an error message")
	case !env.success:
		return fail("an answer that does not report success, without an error message")
	case !startsWith(env.result, open):
		return fail("a success without the documented result")
	}
	answer := Answer[T]{Messages: c.notices(env.messages), RateLimit: failure.RateLimit}
	if err := json.Unmarshal(env.result, &answer.Result); err != nil {
		return fail("a result with a field of the wrong type")
	}
	return answer, nil
}

func startsWith(data []byte, open byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte{open})
}

var rayIDPattern = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)

// rayID returns the cf-ray header if it looks like one.
func rayID(header http.Header) string {
	return rayIDPattern.FindString(header.Get("Cf-Ray"))
}
