package watch

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
)

const (
	// maxWatchers bounds for how many credentials a pool has a watcher.
	maxWatchers = 1000
	// keepWatcher is how long a watcher is kept at least after its last use.
	keepWatcher = time.Minute
)

// Pool has a [Watcher] with a budget of its own for each credential. Results are never
// shared between credentials. Only the clients hold the secrets; a watcher is found by a
// digest. Pool is safe for concurrent use.
type Pool struct {
	config cfapi.Config
	budget int

	mu       sync.Mutex
	watchers map[digest]*pooled
	drained  bool
}

// digest stands for a credential.
type digest [sha256.Size]byte

// pooled is a watcher with what is known of its use.
type pooled struct {
	watcher *Watcher
	users   int
	unused  time.Time // since when, while there are no users
}

// NewPool returns a pool whose clients are made from config, each with the
// credentials that it is asked for and a budget of so many requests in any 5
// minutes. The error says what is wrong with config.
func NewPool(config cfapi.Config, requestBudget int) (*Pool, error) {
	if _, err := cfapi.New(config); err != nil {
		return nil, err
	}
	if config.Transport == nil {
		config.Transport = cfapi.NewTransport(nil) // of all clients together
	}
	return &Pool{config: config, budget: requestBudget, watchers: map[digest]*pooled{}}, nil
}

// Watcher returns the watcher of the credentials, and a function to be called once
// it is no longer used. The error is a [*cfapi.Error]: these credentials cannot be sent,
// or too many are in use.
func (p *Pool) Watcher(credentials cfapi.Credentials) (w *Watcher, release func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := digestOf(credentials)
	entry := p.watchers[d]
	if entry == nil {
		if entry, err = p.add(d, credentials); err != nil {
			return nil, nil, err
		}
	}
	entry.users++
	return entry.watcher, sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		entry.users--
		entry.unused = time.Now()
	}), nil
}

func (p *Pool) add(d digest, credentials cfapi.Credentials) (*pooled, error) {
	p.forget()
	if len(p.watchers) >= maxWatchers {
		return nil, &cfapi.Error{Kind: cfapi.RateLimited, Summary: "too many credentials are in use", RetryAfter: time.Minute}
	}
	budget := quota.New(p.budget)
	config := p.config
	config.Credentials, config.Limiter = credentials, budget
	client, err := cfapi.New(config)
	if err != nil { // of the credentials: the rest of config has been checked
		return nil, &cfapi.Error{Kind: cfapi.Unauthenticated, Summary: err.Error()}
	}
	entry := &pooled{watcher: New(client, budget)}
	if p.drained {
		entry.watcher.Drain()
	}
	p.watchers[d] = entry
	return entry, nil
}

// forget drops watchers that nobody uses. One whose budget is not whole again stays:
// a new one would admit more than the budget.
func (p *Pool) forget() {
	for d, entry := range p.watchers {
		if entry.users == 0 && time.Since(entry.unused) >= keepWatcher && entry.watcher.budget.Idle() {
			delete(p.watchers, d)
		}
	}
}

// Drain makes current and later waits return soon, with the last known state.
func (p *Pool) Drain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drained = true
	for _, entry := range p.watchers {
		entry.watcher.Drain()
	}
}

// digestOf writes each part with its length, so that no two credentials have the same
// text.
func digestOf(c cfapi.Credentials) digest {
	text := make([]byte, 0, 256)
	for _, part := range []string{c.Token, c.Email, c.Key} {
		text = binary.BigEndian.AppendUint64(text, uint64(len(part)))
		text = append(text, part...)
	}
	return sha256.Sum256(text)
}
