package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// soakStdio is one client that keeps many calls in flight.
func soakStdio(ctx context.Context, r *report, binary string) error {
	a := startAPI()
	defer a.server.Close()
	before, err := measureIdle(ctx, binary, a, func(p *process) { pipeline(ctx, p, newLoad(a, 10)) }, "stdio")
	if err != nil {
		return err
	}
	p, err := start(ctx, binary, a, "stdio")
	if err != nil {
		return err
	}
	defer p.kill()
	l := newLoad(a, stdioCalls)
	mem := watchMemory(p, l)
	pipeline(ctx, p, l)
	l.report(r, "calls over stdio", p, mem)
	return before.compare(r, "end of stdio", p, a)
}

// pipeline makes the calls of a load over stdio, as many in flight as may be.
func pipeline(ctx context.Context, p *process, l *load) {
	var mu sync.Mutex
	sent := map[int]time.Time{} // calls without an answer yet
	slots := make(chan struct{}, inFlight)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range l.calls {
			line, err := p.stdout.ReadBytes('\n')
			if err != nil {
				l.failed(call{}, cmp.Or(ctx.Err(), err)) // the end of the run ends the server
				return
			}
			var got struct {
				ID int `json:"id"`
			}
			_ = json.Unmarshal(line, &got) // judged below
			mu.Lock()
			began, due := sent[got.ID]
			delete(sent, got.ID)
			mu.Unlock()
			if !due {
				l.unexpected(line)
				continue
			}
			l.answered(pick(got.ID), bytes.TrimSpace(line), got.ID, began)
			<-slots
		}
	}()
	for n := range l.calls {
		select {
		case slots <- struct{}{}:
		case <-done:
			return
		case <-ctx.Done():
			return
		}
		mu.Lock()
		sent[n] = time.Now()
		mu.Unlock()
		if _, err := io.WriteString(p.stdin, pick(n).message(n, false)+"\n"); err != nil {
			l.failed(pick(n), err)
			return
		}
	}
	select {
	case <-done:
	case <-ctx.Done():
		mu.Lock()
		defer mu.Unlock()
		l.failed(call{}, fmt.Errorf("%d calls are still unanswered: %w", len(sent), ctx.Err()))
	}
}
