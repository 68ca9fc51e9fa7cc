package cli

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// newLogHandler returns a handler that writes to w, with one Write for each record.
func newLogHandler(w io.Writer, format string, level slog.Level) slog.Handler {
	options := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.NewJSONHandler(w, options)
	}
	return slog.NewTextHandler(w, options)
}

// Bounds of a logQueue.
const (
	maxQueuedRecords = 1000
	maxQueuedBytes   = 256 << 10
	// flushTime is how long the end of the program waits for its last records.
	flushTime = time.Second
)

// logQueue stands between those who log and a writer that may block, such as a pipe that
// nobody reads. Write never blocks. What does not fit into the queue is dropped and
// counted. Errors of the writer are ignored: there is nobody left to tell.
type logQueue struct {
	out    io.Writer
	format string // of the records, which are those of a log: text or json

	mu      sync.Mutex
	queued  []byte
	records int           // queued ones
	spare   []byte        // what has been written, to be used again
	dropped int           // records since the last notice
	written chan struct{} // closed once the queue is empty; nil while it is
}

// newLogQueue returns a queue in front of out. It costs nothing until the first Write.
func newLogQueue(out io.Writer, format string) *logQueue { return &logQueue{out: out, format: format} }

// Write queues one record, or drops it.
func (q *logQueue) Write(record []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.records >= maxQueuedRecords || len(q.queued)+len(record) > maxQueuedBytes {
		q.dropped++
		return len(record), nil
	}
	q.noticeDropped()
	q.add(record)
	if q.written == nil {
		q.written = make(chan struct{})
		go q.writeAll()
	}
	return len(record), nil
}

// add appends a record. The caller holds mu.
func (q *logQueue) add(record []byte) {
	q.queued = append(q.queued, record...)
	q.records++
}

// noticeDropped adds a record that says how many are missing in its place. The caller
// holds mu.
func (q *logQueue) noticeDropped() {
	if q.dropped == 0 {
		return
	}
	var notice bytes.Buffer
	record := slog.NewRecord(time.Now(), slog.LevelWarn, "log records were dropped, because nobody read them in time", 0)
	record.Add("dropped", q.dropped)
	_ = newLogHandler(&notice, q.format, slog.LevelWarn).Handle(context.Background(), record) // a buffer never fails
	q.add(notice.Bytes())
	q.dropped = 0
}

// writeAll writes until the queue is empty, all records at once that have come meanwhile.
func (q *logQueue) writeAll() {
	for records := q.next(nil); records != nil; records = q.next(records) {
		_, _ = q.out.Write(records)
	}
}

// next takes what is queued; nil if there is nothing. done is what it has returned before.
func (q *logQueue) next(done []byte) []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if done != nil {
		q.spare = done[:0]
	}
	if q.records == 0 {
		q.noticeDropped()
	}
	if q.records == 0 {
		close(q.written)
		q.written = nil
		return nil
	}
	records := q.queued
	q.queued, q.spare, q.records = q.spare, nil, 0
	return records
}

// flush waits until everything has been written, for flushTime at most.
func (q *logQueue) flush() {
	q.mu.Lock()
	written := q.written
	q.mu.Unlock()
	if written == nil {
		return
	}
	select {
	case <-written:
	case <-time.After(flushTime):
	}
}
