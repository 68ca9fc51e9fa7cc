package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// maxLine is the longest message that is read from stdin, in bytes.
const maxLine = 4 << 20

// stdioGrace is how long running calls may take to answer once the process has
// been told to end.
const stdioGrace = 5 * time.Second

// ServeStdio serves one client with a message per line (MCP specification,
// "Transports: stdio"). Every call is made by the [tools.Caller] of ctx. It returns
// when in has ended and every request has been answered, at once when nobody can read
// out, or within 5 s after ctx has ended. The error is that of reading in.
func (s *Server) ServeStdio(ctx context.Context, in io.Reader, out io.Writer) error {
	// Calls outlive ctx for a moment, to answer with what they have.
	callCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()

	var mu sync.Mutex
	broken := make(chan struct{})
	breakOnce := sync.OnceFunc(func() { close(broken) })
	c := newConnection(s, "stdio", func(message []byte) error {
		mu.Lock()
		defer mu.Unlock()
		_, err := out.Write(append(message, '\n'))
		if err != nil {
			breakOnce()
		}
		return err
	})

	read := make(chan error, 1)
	go func() {
		read <- eachLine(in, maxLine, func(line []byte) {
			if overload := c.receive(callCtx, line); overload != nil {
				c.refuse(overload)
			}
		}, func() {
			c.refuse(&fault{code: mcp.INVALID_REQUEST, text: "a message must not be longer than 4 MiB"})
		})
	}()

	select {
	case err := <-read:
		c.finish(ctx, out)
		if ctx.Err() == nil {
			return err
		}
	case <-broken:
		s.log.Info("nobody reads the answers")
		return nil
	case <-ctx.Done():
	}
	s.drain()
	select {
	case <-c.idle():
	case <-broken:
	case <-time.After(stdioGrace):
	}
	return nil
}

// outputInterval is how often an output that nothing is written to is checked for a
// reader.
const outputInterval = time.Second

// finish waits after the end of input until every request has been answered, nobody reads
// the answers, or ctx has ended.
func (c *connection) finish(ctx context.Context, out io.Writer) {
	ticker := time.NewTicker(outputInterval)
	defer ticker.Stop()
	for !readerGone(out) {
		select {
		case <-c.idle():
			return
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
	c.server.log.Info("nobody reads the answers")
	c.end()
}

// eachLine calls handle with every line that is not blank, the last one also if
// it is not terminated. A line of more than limit bytes is not kept in memory; tooLong
// is called instead.
func eachLine(r io.Reader, limit int, handle func([]byte), tooLong func()) error {
	reader := bufio.NewReaderSize(r, 64<<10)
	var line []byte
	skipping := false
	for {
		part, err := reader.ReadSlice('\n')
		part = bytes.TrimSuffix(part, []byte("\n"))
		if !skipping && len(line)+len(part) > limit {
			skipping, line = true, nil
		}
		if !skipping {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		switch {
		case skipping:
			tooLong()
		case len(bytes.TrimSpace(line)) > 0:
			handle(bytes.TrimSpace(line))
		}
		line, skipping = nil, false
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
