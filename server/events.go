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

// writeTimeout is how long a client may leave a piece of an event stream unread.
const writeTimeout = 10 * time.Second

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
