package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"
)

// vanish is clients that disconnect while they wait for a test that takes an hour.
func vanish(ctx context.Context, r *report, p *process) {
	const part = "vanishing clients"
	address := strings.TrimPrefix(p.url, "http://")
	var failed, late atomic.Int64
	began := time.Now()
	each(ctx, 2*vanishingEach, inFlight, func(n int) {
		leave := waitOverHTTP
		if n%2 == 1 {
			leave = waitOverSSE
		}
		switch err := leave(ctx, address, n%4 < 2); {
		case isLate(err):
			late.Add(1)
		case err != nil:
			failed.Add(1)
		}
	})
	r.check(check{part: part, promise: "all were waiting when they left", wrong: failed.Load() > 0, late: late.Load() > 0, from: began},
		"%d of %d were not, %d were too late, %.1f s", failed.Load(), 2*vanishingEach, late.Load(), time.Since(began).Seconds())
	eventually(10*time.Second, func() bool { return p.calls("canceled") >= 2*vanishingEach })
	canceled := p.calls("canceled")
	r.check(check{part: part, promise: "their calls end", wrong: canceled > 2*vanishingEach, late: canceled < 2*vanishingEach, from: began},
		"%d logged as canceled", canceled)
}

// waitMessage waits much longer than a run takes.
const waitMessage = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_access_policy_test",` +
	`"arguments":{"policy_test_id":"` + longTest + `","wait_seconds":600},"_meta":{"progressToken":"soak"}}}`

// waitOverHTTP calls over /mcp and leaves when progress is reported.
func waitOverHTTP(ctx context.Context, address string, abruptly bool) error {
	conn, lines, err := request(ctx, address, "POST", "/mcp", waitMessage)
	if err != nil {
		return err
	}
	defer leave(conn, abruptly)
	_, err = find(lines, "notifications/progress")
	return err
}

// waitOverSSE does the same with a stream at /sse.
func waitOverSSE(ctx context.Context, address string, abruptly bool) error {
	stream, events, err := request(ctx, address, "GET", "/sse", "")
	if err != nil {
		return err
	}
	defer leave(stream, abruptly)
	endpoint, err := find(events, "data: /message")
	if err != nil {
		return err
	}
	post, response, err := request(ctx, address, "POST", strings.TrimPrefix(endpoint, "data: "), waitMessage)
	if err != nil {
		return err
	}
	defer leave(post, false)
	if _, err := find(response, "202 Accepted"); err != nil {
		return err
	}
	_, err = find(events, "notifications/progress")
	return err
}

// request sends a request on a connection of its own.
func request(ctx context.Context, address, method, path, body string) (net.Conn, *bufio.Scanner, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, err = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: %d\r\n\r\n%s",
		method, path, address, len(body), body)
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return conn, bufio.NewScanner(conn), nil
}

// find reads up to the first line that contains what.
func find(lines *bufio.Scanner, what string) (string, error) {
	for lines.Scan() {
		if strings.Contains(lines.Text(), what) {
			return lines.Text(), nil
		}
	}
	return "", errors.Join(lines.Err(), io.ErrUnexpectedEOF)
}

// leave closes the connection: abruptly is with a reset.
func leave(conn net.Conn, abruptly bool) {
	if tcp, ok := conn.(*net.TCPConn); ok && abruptly {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
