package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// The server's time limits, and by how much a busy machine may miss them.
const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 30 * time.Second
	grace         = 3 * time.Second
)

// openHalf opens connections that send half of a header or of a body and then
// nothing. The returned function waits for the server to close them.
func openHalf(ctx context.Context, url string) (wait func(*report)) {
	address := strings.TrimPrefix(url, "http://")
	const halfBody = "\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n" + `{"jsonrpc":"2.0",`
	kinds := map[string]struct {
		sent  string
		limit time.Duration
	}{
		"headers":                 {"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Half", headerTimeout},
		"bodies":                  {"POST /mcp HTTP/1.1\r\nHost: localhost" + halfBody, bodyTimeout},
		"bodies for nobody":       {"POST /nowhere HTTP/1.1\r\nHost: localhost" + halfBody, bodyTimeout},
		"bodies for another host": {"POST /mcp HTTP/1.1\r\nHost: other.example" + halfBody, bodyTimeout},
	}
	var mu sync.Mutex
	closed := map[string][]time.Duration{}
	var wg sync.WaitGroup
	for name, kind := range kinds {
		for range halfOpenEach {
			wg.Go(func() {
				if d := untilClosed(ctx, address, kind.sent, kind.limit+grace); d > kind.limit-grace && d < kind.limit+grace {
					mu.Lock()
					defer mu.Unlock()
					closed[name] = append(closed[name], d)
				}
			})
		}
	}
	return func(r *report) {
		wg.Wait()
		for _, name := range slices.Sorted(maps.Keys(kinds)) {
			var longest time.Duration
			for _, d := range closed[name] {
				longest = max(longest, d)
			}
			r.check("half-open connections", fmt.Sprintf("%d %s are closed after %v", halfOpenEach, name, kinds[name].limit), len(closed[name]) == halfOpenEach,
				"%d in time, the last after %.1f s", len(closed[name]), longest.Seconds())
		}
	}
}

// untilClosed sends data on a connection of its own and returns how long the
// server kept the connection; it waits for limit.
func untilClosed(ctx context.Context, address, data string, limit time.Duration) time.Duration {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return 0
	}
	defer func() { _ = conn.Close() }()
	began := time.Now()
	_ = conn.SetDeadline(began.Add(limit))
	if _, err := io.WriteString(conn, data); err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, conn) // until the end, however the server makes it
	return time.Since(began)
}
