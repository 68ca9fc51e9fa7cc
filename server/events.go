package server

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// unbuffered asks reverse proxies to pass on an event stream without delay.
func unbuffered(header http.Header) { header.Set("X-Accel-Buffering", "no") }

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
