package cfapi

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
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

func readEnvelope(body []byte) (e envelope, err error) {
	if !json.Valid(body) {
		return e, errors.New("not JSON")
	}
	err = eachField(body, func(name, value []byte) error {
		switch string(name) {
		case "success":
			e.success = string(value) == "true"
			if !e.success && string(value) != "false" {
				return errors.New("success is not a boolean")
			}
		case "errors":
			e.errors = value
		case "messages":
			e.messages = value
		case "result":
			e.result = value
		}
		return nil
	})
	return e, err
}

// response is what came over the wire: a status, a header and a bounded body.
type response struct {
	status    int
	header    http.Header
	tls       *tls.ConnectionState // nil without TLS
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
		return fail(fmt.Sprintf("a body of more than %d MiB", len(r.body)>>20))
	}
	env, err := readEnvelope(r.body)
	if err != nil {
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
	if readResult(env.result, &answer.Result) != nil {
		return fail("a result with a field of the wrong type")
	}
	return answer, nil
}

// readResult reads valid JSON.
func readResult(data []byte, result any) error {
	if reader, ok := result.(json.Unmarshaler); ok {
		return reader.UnmarshalJSON(data)
	}
	return json.Unmarshal(data, result)
}

func startsWith(data []byte, open byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte{open})
}

// rayID returns the cf-ray header if it looks like one: 1 to 64 letters, digits and
// hyphens.
func rayID(header http.Header) string {
	id := header.Get("Cf-Ray")
	if len(id) > 64 || strings.ContainsFunc(id, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return ""
	}
	return id
}
