package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// client is what the load comes from.
type client struct {
	http *http.Client
	url  string
}

func newClient(url string) *client {
	return &client{&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * inFlight}}, url}
}

// post sends a message to /mcp and returns the answer to it.
func (c *client) post(ctx context.Context, message string, header http.Header) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/mcp", strings.NewReader(message))
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, header)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.100s", resp.Status, body)
	}
	return body, err
}

// statelessHeader is what calls have whose message is stateless.
var statelessHeader = http.Header{
	"Mcp-Protocol-Version": {"2026-07-28"},
	"Mcp-Method":           {"tools/call"},
	"Mcp-Name":             {"get_access_policy_test"},
}

// call makes the n-th call, in one of the two eras of the protocol by turns.
func (c *client) call(ctx context.Context, n int) ([]byte, error) {
	if n%2 == 0 {
		return c.post(ctx, pick(n).message(n, false), nil)
	}
	return c.post(ctx, pick(n).message(n, true), statelessHeader)
}

// each runs f for 0 to n-1, so many at a time, until ctx ends.
func each(ctx context.Context, n, atOnce int, f func(int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// soakHTTP is everything over HTTP, against one server.
func soakHTTP(ctx context.Context, r *report, binary string) error {
	a := startAPI()
	defer a.server.Close()
	args := []string{"http", "--addr", "127.0.0.1:0"}
	before, err := measureIdle(ctx, binary, a, func(p *process) {
		c := newClient(p.url)
		defer c.http.CloseIdleConnections()
		each(ctx, 10, 1, func(n int) { _, _ = c.call(ctx, n) }) // the load finds out whether it works
	}, args...)
	if err != nil {
		return err
	}
	p, err := start(ctx, binary, a, args...)
	if err != nil {
		return err
	}
	defer p.kill()
	c := newClient(p.url)

	const part = "calls over HTTP"
	l := newLoad(a, httpCalls)
	mem := watchMemory(p, l)
	each(ctx, httpCalls, inFlight, func(n int) {
		began := time.Now()
		if body, err := c.call(ctx, n); err != nil {
			l.failed(pick(n), err)
		} else {
			l.answered(pick(n), body, n, began)
		}
	})
	l.report(r, part, p, mem)
	failures := a.failureCount()
	r.check(check{part: part, promise: "the API failed now and then", wrong: failures <= 3}, "%d requests failed as scripted", failures)
	initialize(ctx, r, c, p)

	// The half-open connections are held meanwhile.
	waitClosed := openHalf(ctx, p.url)
	stopPinging := ping(ctx, c)
	vanish(ctx, r, p)
	waitClosed(r)
	stopPinging(r)

	c.http.CloseIdleConnections()
	return before.compare(r, "end of HTTP", p, a)
}

// initialize is clients that send initialize and nothing else.
func initialize(ctx context.Context, r *report, c *client, p *process) {
	const part = "initialize and nothing else"
	l := newLoad(nil, initializations)
	var wrong atomic.Int64
	mem := watchMemory(p, l)
	each(ctx, initializations, inFlight, func(n int) {
		body, err := c.post(ctx, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"soak","version":"1"}}}`, n), nil)
		if err == nil && strings.HasPrefix(string(body), fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":{"protocolVersion":"2025-11-25"`, n)) {
			l.done.Add(1)
		} else if !isLate(err) {
			wrong.Add(1)
		}
	})
	done := l.done.Load()
	r.check(check{part: part, promise: "all answered", wrong: wrong.Load() > 0, late: done < initializations, from: l.began},
		"%d in %.1f s", done, time.Since(l.began).Seconds())
	mem.report(r, part, initializations, l.began)
}

// ping sends one ping after another until the returned function is called, which
// checks that none of them had to wait.
func ping(ctx context.Context, c *client) (stop func(*report)) {
	pinging, cancel := context.WithCancel(ctx)
	var slowest struct {
		began, ended time.Time
		took         time.Duration
	}
	var sent, failed int
	done := make(chan struct{})
	go func() {
		defer close(done)
		for pinging.Err() == nil {
			began := time.Now()
			_, err := c.post(ctx, `{"jsonrpc":"2.0","id":1,"method":"ping"}`, nil)
			if err != nil && !isLate(err) {
				failed++
			}
			sent++
			if ended := time.Now(); ended.Sub(began) > slowest.took {
				slowest.began, slowest.ended, slowest.took = began, ended, ended.Sub(began)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return func(r *report) {
		cancel()
		<-done
		r.check(check{
			part: "half-open connections", promise: "other clients are answered meanwhile, within a second",
			wrong: failed > 0 || sent == 0, late: slowest.took >= time.Second, from: slowest.began, to: slowest.ended,
		}, "%d pings, %d failed, the slowest took %v", sent, failed, slowest.took.Round(time.Millisecond))
	}
}
