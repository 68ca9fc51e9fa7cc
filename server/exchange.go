package server

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"time"
)

// reply is what answers a POST.
type reply struct {
	status      int    // 0 if the client is gone
	contentType string // application/json if it is empty and there is a body
	body        []byte
	buffer      *[]byte // that body is in; nil if it is in none that is used again
}

// send writes the reply as an HTTP response.
func (a *reply) send(w http.ResponseWriter) {
	if a.status == 0 {
		return
	}
	if len(a.body) > 0 {
		contentType := a.contentType
		if contentType == "" {
			contentType = "application/json"
		}
		w.Header().Set("Content-Type", contentType)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that is gone misses nothing
}

// exchange writes the HTTP response to a POST. A notification turns the response into an
// event stream, whose last event is the answer. So does silence: proxies close a
// connection on which nothing has come for some time, mostly a minute.
type exchange struct {
	w         http.ResponseWriter
	canStream bool // the client reads event streams
	buffers   *buffers

	mu        sync.Mutex
	streaming bool
	ended     bool
	silence   *time.Timer
}

func (t *streamable) newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	return &exchange{w: w, canStream: acceptsStream(r), buffers: &t.buffers}
}

// acceptsStream reports whether the client can read an event stream.
func acceptsStream(r *http.Request) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	return accept == "" || strings.Contains(accept, "text/event-stream") || strings.Contains(accept, "*/*")
}

// run writes what answer returns, and comments while that takes its time.
func (x *exchange) run(answer func() *reply) {
	if x.canStream {
		x.mu.Lock()
		x.silence = time.AfterFunc(keepAliveInterval, x.keepAlive)
		x.mu.Unlock()
	}
	a := answer()
	defer x.buffers.give(a.buffer)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ended = true
	if x.silence != nil {
		x.silence.Stop()
	}
	if !x.streaming {
		a.send(x.w)
		return
	}
	if len(a.body) > 0 {
		_ = writeEvent(x.w, "message", bytes.TrimSpace(a.body)) // a client that is gone misses nothing
	}
}

// notify sends a notification as an event, if the client reads events.
func (x *exchange) notify(data []byte) error {
	if !x.canStream {
		return nil
	}
	return x.stream(func() error { return writeEvent(x.w, "message", data) })
}

// keepAlive ends a silence with a comment.
func (x *exchange) keepAlive() {
	_ = x.stream(func() error { return writeComment(x.w, "keep-alive") }) // an error ends the request
}

// stream writes a piece of the event stream, unless the answer has been written.
func (x *exchange) stream(write func() error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended {
		return errClosed
	}
	if !x.streaming {
		x.streaming = true
		beginStream(x.w)
	}
	x.silence.Reset(keepAliveInterval)
	return write()
}
