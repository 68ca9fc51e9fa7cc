package server

import (
	"bytes"
	"slices"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
)

// batchRevision is the only protocol revision with batches: a server must take them
// there (MCP specification 2025-03-26, "Base Protocol: Batching").
const batchRevision = mcp.ProtocolVersion20250326

// batchFault refuses a batch at any other revision.
func batchFault() *fault {
	return &fault{code: mcp.INVALID_REQUEST, text: "batches are part of protocol revision " + batchRevision + " alone: send each message on its own"}
}

// pending is a request that has been taken.
type pending struct {
	// answer returns the answer; nil if the client does not want one any more.
	answer func() []byte
	// done must be called once the answer has been written: until then the request counts
	// against the limits, so that a client that does not read cannot pile up answers.
	done func()
}

// refused is a request that is answered with a fault.
func refused(f *fault) *pending { return &pending{answer: f.response, done: func() {}} }

// startBatch calls begin with each message in order. Begin returns a request, or why it is
// refused; neither for what has no answer. What startBatch returns answers all requests at
// the same time, with one array of all answers, or nil if there are none.
func startBatch(items []item, begin func(*message) (*pending, *fault)) *pending {
	var requests []*pending
	for _, item := range items {
		p, f := (*pending)(nil), item.fault
		if f == nil {
			p, f = begin(item.message)
		}
		if f != nil {
			p = refused(f)
		}
		if p != nil {
			requests = append(requests, p)
		}
	}
	return &pending{answer: func() []byte { return answerAll(requests) }, done: func() {
		for _, p := range requests {
			p.done()
		}
	}}
}

func answerAll(requests []*pending) []byte {
	var wait sync.WaitGroup
	all := make([][]byte, len(requests))
	for i, p := range requests {
		wait.Go(func() { all[i] = bytes.TrimSpace(p.answer()) })
	}
	wait.Wait()
	all = slices.DeleteFunc(all, func(answer []byte) bool { return len(answer) == 0 })
	if len(all) == 0 {
		return nil
	}
	return slices.Concat([]byte("["), bytes.Join(all, []byte(",")), []byte("]"))
}
