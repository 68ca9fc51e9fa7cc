package server

import "sync"

// counter counts what is running and tells when nothing is. Unlike a
// sync.WaitGroup it may go up from zero while somebody waits.
type counter struct {
	mu      sync.Mutex
	running int
	idle    chan struct{} // closed while none is running
}

func newCounter() *counter {
	c := &counter{idle: make(chan struct{})}
	close(c.idle)
	return c
}

// begin counts one more until the function that it returns is called.
func (c *counter) begin() (end func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running == 0 {
		c.idle = make(chan struct{})
	}
	c.running++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.running--
		if c.running == 0 {
			close(c.idle)
		}
	}
}

// done returns a channel that is closed once nothing is running.
func (c *counter) done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.idle
}
