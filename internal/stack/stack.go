// Package stack spares short-lived goroutines the growing of their stacks, which copies a
// stack each time that it doubles. That is worth it only where goroutines are started for
// each call: measure before and after.
package stack

// size is about what a call uses, in bytes: with it a stack becomes 8 KiB large at once.
const size = 3 << 10

// Grow makes the stack of a new goroutine as large as a call needs it.
//
//go:noinline
func Grow() {
	var frame [size]byte
	use(&frame)
}

//go:noinline
func use(frame *[size]byte) { frame[0] = 1 }
