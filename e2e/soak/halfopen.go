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

// The server's time limits, and by how much it may miss them.
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
	kept := map[string][]time.Duration{}
	began := time.Now()
	var wg sync.WaitGroup
	for name, kind := range kinds {
		for range halfOpenEach {
			wg.Go(func() {
				d := untilClosed(ctx, address, kind.sent, kind.limit+grace)
				mu.Lock()
				defer mu.Unlock()
				kept[name] = append(kept[name], d)
			})
		}
	}
	return func(r *report) {
		wg.Wait()
		for _, name := range slices.Sorted(maps.Keys(kinds)) {
			shortest, longest, limit := slices.Min(kept[name]), slices.Max(kept[name]), kinds[name].limit
			r.check(check{
				part: "half-open connections", promise: fmt.Sprintf("%d %s are closed after %v", halfOpenEach, name, limit),
				wrong: shortest < limit-grace, late: longest >= limit+grace, from: began,
			}, "after %.1f to %.1f s", shortest.Seconds(), longest.Seconds())
		}
	}
}

// untilClosed sends data on a connection of its own and returns how long the
// server kept the connection. It stops waiting after limit.
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
