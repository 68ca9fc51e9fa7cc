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
	records [][]byte
	bytes   int
	dropped int           // records since the last notice
	written chan struct{} // closed once the queue is empty; nil while it is
}

// newLogQueue returns a queue in front of out. It costs nothing until the first Write.
func newLogQueue(out io.Writer, format string) *logQueue { return &logQueue{out: out, format: format} }

// Write queues one record, or drops it.
func (q *logQueue) Write(record []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.records) >= maxQueuedRecords || q.bytes+len(record) > maxQueuedBytes {
		q.dropped++
		return len(record), nil
	}
	q.noticeDropped()
	q.add(bytes.Clone(record))
	if q.written == nil {
		q.written = make(chan struct{})
		go q.writeAll()
	}
	return len(record), nil
}

// add appends a record. The caller holds mu.
func (q *logQueue) add(record []byte) {
	q.records = append(q.records, record)
	q.bytes += len(record)
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

// writeAll writes until the queue is empty.
func (q *logQueue) writeAll() {
	for {
		record := q.next()
		if record == nil {
			return
		}
		_, _ = q.out.Write(record)
	}
}

// next takes the first record out of the queue; nil if it is empty.
func (q *logQueue) next() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.records) == 0 {
		q.noticeDropped()
	}
	if len(q.records) == 0 {
		close(q.written)
		q.written, q.records = nil, nil
		return nil
	}
	record := q.records[0]
	q.records[0] = nil
	q.records = q.records[1:]
	q.bytes -= len(record)
	return record
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
