package simulator

import (
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Fault is what goes wrong with one request. The zero value is nothing.
type Fault struct {
	// Delay passes before anything else happens, unless the client leaves.
	Delay time.Duration

	// Reset closes the connection instead of answering.
	Reset bool

	// Status replaces the answer by one with Header and Body; 0 keeps the
	// simulator's own answer.
	Status int
	Header http.Header
	Body   string

	// CutOff closes the connection after half of Body.
	CutOff bool

	// SlowBody is the time that Body takes, a hundredth of it at a time.
	SlowBody time.Duration
}

// SetFaults makes script decide, for each request by its number from 1, what
// goes wrong with it. A nil script means nothing. It must be safe to call while
// requests are being answered.
func (s *Simulator) SetFaults(script func(request int) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = script
}

// Always is a script in which every request fails in the same way.
func Always(fault Fault) func(int) Fault {
	return func(int) Fault { return fault }
}

// Once is a script in which the first requests from the given number on fail as
// listed, and all others are answered.
func Once(first int, faults ...Fault) func(int) Fault {
	return func(request int) Fault {
		if i := request - first; i >= 0 && i < len(faults) {
			return faults[i]
		}
		return Fault{}
	}
}

// play reports whether the simulator is to answer after all.
func (f Fault) play(w http.ResponseWriter, r *http.Request) bool {
	if !sleep(r, f.Delay) {
		return false
	}
	if f.Reset {
		closeConnection(w)
		return false
	}
	if f.Status == 0 {
		return true
	}
	maps.Copy(w.Header(), f.Header)
	if f.Body != "" {
		w.Header().Set("Content-Length", strconv.Itoa(len(f.Body)))
	}
	w.WriteHeader(f.Status)
	switch {
	case f.CutOff:
		_, _ = io.WriteString(w, f.Body[:len(f.Body)/2])
		flush(w)
		closeConnection(w)
	case f.SlowBody > 0:
		f.trickle(w, r)
	default:
		_, _ = io.WriteString(w, f.Body)
	}
	return false
}

func (f Fault) trickle(w http.ResponseWriter, r *http.Request) {
	const parts = 100
	for i := range parts {
		_, _ = io.WriteString(w, f.Body[i*len(f.Body)/parts:(i+1)*len(f.Body)/parts])
		flush(w)
		if !sleep(r, f.SlowBody/parts) {
			return
		}
	}
}

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }

// closeConnection ends the connection under the client's feet: over TCP with a
// reset, over anything else with an end of file.
func closeConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// sleep reports whether d has passed, and not the client.
func sleep(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
