package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// idle is what a server holds that has served and has nothing to do.
type idle struct {
	descriptors int
	goroutines  map[string]int
}

// measureIdle lets a server of its own serve a little, and looks at what is left
// when everybody has gone.
func measureIdle(ctx context.Context, binary string, a *api, use func(*process), args ...string) (idle, error) {
	p, err := start(ctx, binary, a, args...)
	if err != nil {
		return idle{}, err
	}
	defer p.kill()
	use(p)
	a.server.CloseClientConnections()
	time.Sleep(time.Second) // more than it takes to notice
	descriptors := p.descriptors()
	goroutines, err := p.quit()
	return idle{descriptors, goroutines}, err
}

// compare checks that a server from which everybody has gone holds no more. It
// ends the server.
func (i idle) compare(r *report, part string, p *process, a *api) error {
	began := time.Now()
	a.server.CloseClientConnections()
	eventually(5*time.Second, func() bool { return p.descriptors() <= i.descriptors })
	descriptors := p.descriptors()
	r.check(check{part: part, promise: "no descriptor left over", wrong: descriptors < 0, late: descriptors > i.descriptors, from: began},
		"%d, at first %d; %d threads", descriptors, i.descriptors, p.threads())
	complaints := p.complained()
	r.check(check{part: part, promise: "no warning or error logged", wrong: len(complaints) > 0}, "%d %.300s", len(complaints), strings.Join(complaints, "; "))
	goroutines, err := p.quit()
	if err != nil {
		return err
	}
	left, total := []string{}, 0
	for _, creator := range slices.Sorted(maps.Keys(goroutines)) {
		total += goroutines[creator]
		if n := goroutines[creator] - i.goroutines[creator]; n > 0 {
			left = append(left, fmt.Sprintf("%d by %s", n, creator))
		}
	}
	r.check(check{part: part, promise: "no goroutine left over", wrong: total == 0, late: len(left) > 0, from: began}, "%d in all, too many: %d %s", total, len(left), strings.Join(left, ", "))
	return nil
}
