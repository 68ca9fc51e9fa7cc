package server

import "sync"

// maxKeptBuffer is how large a buffer may be that is kept for later use, in bytes.
const maxKeptBuffer = 16 << 10

// buffers are buffers that are used again.
type buffers struct{ pool sync.Pool }

// take returns an empty buffer.
func (b *buffers) take() *[]byte {
	if buffer, ok := b.pool.Get().(*[]byte); ok {
		return buffer
	}
	return new([]byte)
}

// give takes a buffer back of whose content nothing is used any more; nil is none.
func (b *buffers) give(buffer *[]byte) {
	if buffer != nil && cap(*buffer) <= maxKeptBuffer {
		*buffer = (*buffer)[:0]
		b.pool.Put(buffer)
	}
}
