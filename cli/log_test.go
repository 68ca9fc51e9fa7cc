package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// blockedWriter does not return from Write until it is opened.
type blockedWriter struct {
	opened chan struct{}
	bytes.Buffer
}

func (w *blockedWriter) Write(p []byte) (int, error) {
	<-w.opened
	return w.Buffer.Write(p)
}

// TestLogQueue: writing never blocks; what does not fit is dropped, and its place says
// how much it was.
func TestLogQueue(t *testing.T) {
	for name, tt := range map[string]struct {
		record        string // with room for a number
		written, kept int
	}{
		"records": {"%d\n", 3000, maxQueuedRecords + 1}, // one is being written
		"bytes":   {"%d" + strings.Repeat("x", 32<<10) + "\n", 100, 8},
	} {
		for _, more := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", name, more), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := &blockedWriter{opened: make(chan struct{})}
					queue := newLogQueue(w, "json")
					for i := range tt.written {
						if n, err := fmt.Fprintf(queue, tt.record, i); n == 0 || err != nil {
							t.Fatal(n, err)
						}
						synctest.Wait()
					}
					began := time.Now()
					queue.flush()
					if took := time.Since(began); took != flushTime {
						t.Errorf("flush took %v", took)
					}
					close(w.opened)
					queue.flush()
					if more {
						_, _ = io.WriteString(queue, "last\n")
						queue.flush()
					}
					lines := strings.Split(strings.TrimSuffix(w.String(), "\n"), "\n")
					for i, line := range lines[:tt.kept] {
						if !strings.HasPrefix(line, fmt.Sprint(i)) {
							t.Fatalf("record %d is %.20s", i, line)
						}
					}
					var notice struct {
						Level   string
						Dropped int
					}
					if err := json.Unmarshal([]byte(lines[tt.kept]), &notice); err != nil || notice.Level != "WARN" || notice.Dropped != tt.written-tt.kept {
						t.Errorf("%v: %.200s", err, lines[tt.kept])
					}
					if rest := lines[tt.kept+1:]; len(rest) > 1 || more != (len(rest) == 1 && rest[0] == "last") {
						t.Errorf("after the notice: %.200s", rest)
					}
				})
			})
		}
	}
}

// TestLogQueueNotice: a notice stands where the records are missing, in the log's format.
func TestLogQueueNotice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &blockedWriter{opened: make(chan struct{})}
		queue := newLogQueue(w, "text")
		_, _ = io.WriteString(queue, "1\n")
		_, _ = queue.Write(make([]byte, maxQueuedBytes+1))
		_, _ = io.WriteString(queue, "2\n")
		_, _ = queue.Write(make([]byte, maxQueuedBytes+1))
		_, _ = queue.Write(make([]byte, maxQueuedBytes+1))
		close(w.opened)
		queue.flush()
		lines := strings.Split(w.String(), "\n")
		if len(lines) != 5 || lines[0] != "1" || !strings.HasSuffix(lines[1], " dropped=1") || lines[2] != "2" || !strings.HasSuffix(lines[3], " dropped=2") {
			t.Errorf("%q", lines)
		}
	})
}

// TestLogQueueClosed: a writer that fails ends nothing and keeps nothing.
func TestLogQueueClosed(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	queue := newLogQueue(file, "text")
	for range 10 * maxQueuedRecords {
		_, _ = io.WriteString(queue, "record\n")
	}
	queue.flush()
	queue.mu.Lock()
	defer queue.mu.Unlock()
	if queue.written != nil || len(queue.queued) != 0 {
		t.Errorf("%d bytes are left", len(queue.queued))
	}
}
