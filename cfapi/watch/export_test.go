package watch

// Remembered returns how many tests w remembers.
func Remembered(w *Watcher) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.pollers)
}

// Watchers returns how many watchers p keeps.
func Watchers(p *Pool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.watchers)
}
