package server

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// maxRequestBody is the longest body of an HTTP request, in bytes.
const maxRequestBody = 1 << 20

// bodyTimeout is how long a client may take to send a body.
const bodyTimeout = 30 * time.Second

// limitBody bounds the time in which a body must arrive. The deadline also holds while
// net/http discards a body that no handler has read.
func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // not every writer has deadlines
		}
		next.ServeHTTP(w, r)
	})
}

var errBusy = errors.New("too many bytes of messages at once")

// readBody reads a body of bounded length and lifts the deadline of limitBody. The body
// counts against the server's limit until release is called. Otherwise readBody refuses
// the request; ok is false then.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) (body []byte, release func(), ok bool) {
	counted := &countedReader{reader: http.MaxBytesReader(w, r.Body, maxRequestBody), limit: s.bodies}
	body, err := counted.readAll(r.ContentLength)
	if err == nil {
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		return body, counted.release, true
	}
	counted.release()
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		s.refusals.record(r.Context(), "body too long", remote(r))
		http.Error(w, "the body must not be longer than 1 MiB", http.StatusRequestEntityTooLarge)
	} else if errors.Is(err, errBusy) {
		s.refusals.record(r.Context(), "too many bytes of messages", remote(r))
		unavailable(w, bodiesText)
	} else {
		http.Error(w, "the body could not be read", http.StatusBadRequest)
	}
	return nil, nil, false
}

// countedReader takes what it reads from a limit.
type countedReader struct {
	reader io.Reader
	limit  *limit
	taken  int64 // from the limit
}

// readAll reads everything. A body that is announced with its length counts as it
// arrives: announcing costs a client nothing.
func (c *countedReader) readAll(length int64) ([]byte, error) {
	if length > maxRequestBody {
		return nil, &http.MaxBytesError{Limit: maxRequestBody}
	}
	return io.ReadAll(c)
}

// Read implements [io.Reader].
func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.reader.Read(p)
	if !c.limit.take(int64(n)) {
		return 0, errBusy
	}
	c.taken += int64(n)
	return n, err
}

// release gives back what has been taken.
func (c *countedReader) release() {
	c.limit.give(c.taken)
	c.taken = 0
}
