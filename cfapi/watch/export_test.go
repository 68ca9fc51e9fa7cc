package watch

// Remembered returns how many tests w remembers.
func Remembered(w *Watcher) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.tests)
}
