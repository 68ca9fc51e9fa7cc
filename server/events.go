package server

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// keepAliveInterval is the longest time without anything on an event stream. Comments
// keep proxies from closing a stream that is idle.
const keepAliveInterval = 15 * time.Second

// streamHeader is the header of an event stream. It asks reverse proxies to pass the
// stream on without delay.
func streamHeader(header http.Header) {
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-cache")
	header.Set("X-Accel-Buffering", "no")
}

// beginStream begins an event stream.
func beginStream(w http.ResponseWriter) {
	streamHeader(w.Header())
	w.WriteHeader(http.StatusOK)
}

// writeTimeout is how long a client may leave a piece of an event stream unread, and
// responseTimeout is how long it may take to read any other response.
const (
	writeTimeout    = 10 * time.Second
	responseTimeout = 30 * time.Second
)

// timedWriter ends the connection of a client that does not read.
type timedWriter struct {
	http.ResponseWriter
	extended time.Time // when the deadline was last moved
}

// limitResponse bounds the time in which a response must be read. A deadline for the
// whole server would cut waits short: this one begins with the answer.
func limitResponse(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(&timedWriter{ResponseWriter: w}, r) })
}

// WriteHeader implements [http.ResponseWriter].
func (w *timedWriter) WriteHeader(status int) {
	w.extend()
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *timedWriter) Write(data []byte) (int, error) {
	w.extend()
	return w.ResponseWriter.Write(data)
}

// extend moves the deadline, but not for each of many small writes.
func (w *timedWriter) extend() {
	now := time.Now()
	if now.Sub(w.extended) < time.Second {
		return
	}
	_ = w.SetWriteDeadline(now.Add(responseTimeout)) // not every writer has deadlines
}

// SetWriteDeadline is what [http.ResponseController] calls.
func (w *timedWriter) SetWriteDeadline(deadline time.Time) error {
	w.extended = time.Now()
	return http.NewResponseController(w.ResponseWriter).SetWriteDeadline(deadline)
}

// Unwrap gives [http.ResponseController] the writer with the deadlines.
func (w *timedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// writeEvent sends one server-sent event.
func writeEvent(w http.ResponseWriter, event string, data []byte) error {
	return writeStream(w, fmt.Sprintf("event: %s\ndata: %s\n\n", event, data))
}

// writeComment sends a comment, which clients ignore.
func writeComment(w http.ResponseWriter, text string) error {
	return writeStream(w, ": "+text+"\n\n")
}

// writeStream sends a piece of an event stream at once.
func writeStream(w http.ResponseWriter, piece string) error {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(writeTimeout)) // not every writer has deadlines
	if _, err := io.WriteString(w, piece); err != nil {
		return err
	}
	return control.Flush()
}
