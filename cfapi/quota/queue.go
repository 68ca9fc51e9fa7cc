package quota

import "container/list"

// waiter is a request that waits for its turn.
type waiter struct {
	repeating bool
	granted   chan struct{} // closed with the turn
	place     *list.Element // nil once it has left the queue
}

// queue has those who wait, in two lines.
type queue struct {
	first     list.List // who ask for the first time
	repeating list.List // polls that repeat
}

func (q *queue) line(repeating bool) *list.List {
	if repeating {
		return &q.repeating
	}
	return &q.first
}

func (q *queue) join(repeating bool) *waiter {
	c := &waiter{repeating: repeating, granted: make(chan struct{})}
	c.place = q.line(repeating).PushBack(c)
	return c
}

// leave takes c out, unless it has been served.
func (q *queue) leave(c *waiter) (left bool) {
	if c.place == nil {
		return false
	}
	q.line(c.repeating).Remove(c.place)
	c.place = nil
	return true
}

// serve gives the turn to the next waiter.
func (q *queue) serve() {
	line := q.line(q.first.Len() == 0)
	c := line.Remove(line.Front()).(*waiter)
	c.place = nil
	close(c.granted)
}

func (q *queue) empty() bool { return q.first.Len()+q.repeating.Len() == 0 }

// ahead is how many go before somebody who comes now.
func (q *queue) ahead(repeating bool) int {
	if repeating {
		return q.first.Len() + q.repeating.Len()
	}
	return q.first.Len()
}
