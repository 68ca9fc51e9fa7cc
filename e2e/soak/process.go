package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"access-policy-mcp/cfapi/simulator"
)

// process is a running server.
type process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	url    string        // of an HTTP server
	read   chan struct{} // closed at the end of the log

	mu         sync.Mutex
	outcomes   map[string]int // of calls, as logged
	complaints []string       // log records that should not be
	goroutines map[string]int // by what created them, as dumped by quit
}

// start runs the binary against the API and waits until it serves.
func start(ctx context.Context, binary string, a *api, args ...string) (*process, error) {
	p := &process{read: make(chan struct{}), outcomes: map[string]int{}, goroutines: map[string]int{}}
	p.cmd = exec.CommandContext(ctx, binary, append(args, "--request-budget", "1200")...)
	p.cmd.Env = []string{
		"CLOUDFLARE_BASE_URL=" + a.server.URL,
		"CLOUDFLARE_API_TOKEN=" + simulator.Token,
		"CLOUDFLARE_ACCOUNT_ID=" + simulator.AccountID,
	}
	stdin, err1 := p.cmd.StdinPipe()
	stdout, err2 := p.cmd.StdoutPipe()
	stderr, err3 := p.cmd.StderrPipe()
	if err := errors.Join(err1, err2, err3, p.cmd.Start()); err != nil {
		return nil, err
	}
	p.stdin, p.stdout = stdin, bufio.NewReaderSize(stdout, 64<<10)
	serving := make(chan string, 1)
	go p.readLog(stderr, serving)
	select {
	case p.url = <-serving:
		return p, nil
	case <-p.read:
	case <-ctx.Done():
	}
	p.kill()
	return nil, errors.New("the server does not start")
}

var (
	outcomeAttr = regexp.MustCompile(` msg=call .*outcome=(\w+)`)
	urlAttr     = regexp.MustCompile(`(?:mcp=(http://[^ ]+)/mcp|msg="serving MCP)`)
	goroutine   = regexp.MustCompile(`^goroutine [1-9]\d* `) // 0 is the scheduler's
)

// readLog counts what the server logs, and the goroutines that it dumps when it
// is told to quit.
func (p *process) readLog(stderr io.Reader, serving chan<- string) {
	defer close(p.read)
	creator := "" // of the goroutine whose stack the lines are; "" outside of one
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if match := urlAttr.FindStringSubmatch(line); match != nil && p.calls("") == 0 {
			serving <- match[1]
		}
		p.mu.Lock()
		switch outcome := outcomeAttr.FindStringSubmatch(line); {
		case outcome != nil:
			p.outcomes[outcome[1]]++
		case strings.Contains(line, `msg=refused reason="Host is not loopback"`):
			// As openHalf wants it.
		case strings.Contains(line, "level=WARN"), strings.Contains(line, "level=ERROR"), strings.HasPrefix(line, "fatal error"), strings.HasPrefix(line, "panic:"):
			p.complaints = append(p.complaints, line)
		case goroutine.MatchString(line):
			creator = "main"
		case strings.HasPrefix(line, "created by "):
			creator, _, _ = strings.Cut(strings.TrimPrefix(line, "created by "), " in ")
		case line == "" && creator != "":
			if !strings.HasPrefix(creator, "runtime.") { // not the garbage collector's
				p.goroutines[creator]++
			}
			creator = ""
		}
		p.mu.Unlock()
	}
}

// calls is how many calls have been logged with that outcome; with "", in all.
func (p *process) calls(outcome string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if outcome != "" {
		return p.outcomes[outcome]
	}
	n := 0
	for _, count := range p.outcomes {
		n += count
	}
	return n
}

func (p *process) complained() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.complaints)
}

// quit ends the process with Go's dump of all goroutines and returns how many
// there were, by what created them.
func (p *process) quit() (map[string]int, error) {
	if err := p.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		return nil, err
	}
	select {
	case <-p.read:
	case <-time.After(10 * time.Second):
		return nil, fmt.Errorf("the process does not quit: %w", os.ErrDeadlineExceeded)
	}
	_ = p.cmd.Wait() // the status is that of a killed process
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.goroutines), nil
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.read
	_ = p.cmd.Wait()
}

// resident is the process's resident memory in bytes.
func (p *process) resident() int { return p.status("VmRSS:") << 10 }

// threads is how many threads the process has.
func (p *process) threads() int { return p.status("Threads:") }

func (p *process) status(name string) int {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(data), name)
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(fields[0])
	return n
}

// descriptors is how many files the process has open.
func (p *process) descriptors() int {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	if err != nil {
		return -1
	}
	return len(entries)
}

// eventually waits a bounded time for something that is about to happen.
func eventually(d time.Duration, happened func() bool) {
	for end := time.Now().Add(d); !happened() && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
}
