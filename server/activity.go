package server

import "sync"

// activity counts what is running and tells when nothing is. Unlike a
// [sync.WaitGroup] it may go up from zero while somebody waits.
type activity struct {
	mu      sync.Mutex
	running int
	none    chan struct{} // closed while nothing is running
}

func newActivity() *activity {
	a := &activity{none: make(chan struct{})}
	close(a.none)
	return a
}

// begin counts one more until the function that it returns is called.
func (a *activity) begin() (end func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running == 0 {
		a.none = make(chan struct{})
	}
	a.running++
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.running--
		if a.running == 0 {
			close(a.none)
		}
	}
}

// idle returns a channel that is closed once nothing is running.
func (a *activity) idle() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.none
}
