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

// startBatch calls begin with each message in order. Begin returns what answers a
// request, or why it is refused; neither for what has no answer. The function that
// startBatch returns then answers all requests at the same time. It returns one array of
// all answers, or nil if there are none.
func startBatch(items []item, begin func(*message) (answer func() []byte, f *fault)) func() []byte {
	answers := make([]func() []byte, len(items))
	for i, item := range items {
		f := item.fault
		if f == nil {
			answers[i], f = begin(item.message)
		}
		if f != nil {
			answers[i] = f.response
		}
	}
	return func() []byte {
		var wait sync.WaitGroup
		all := make([][]byte, len(answers))
		for i, answer := range answers {
			if answer != nil {
				wait.Go(func() { all[i] = bytes.TrimSpace(answer()) })
			}
		}
		wait.Wait()
		all = slices.DeleteFunc(all, func(answer []byte) bool { return len(answer) == 0 })
		if len(all) == 0 {
			return nil
		}
		return slices.Concat([]byte("["), bytes.Join(all, []byte(",")), []byte("]"))
	}
}
