package cli

import (
	"context"
	"encoding/json"
	"strings"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/server"
)

// findingStatus is how a finding is meant.
type findingStatus string

const (
	statusOK      findingStatus = "ok"
	statusWarning findingStatus = "warning"     // works, but look at it
	statusFailed  findingStatus = "failed"      // something is wrong
	statusNote    findingStatus = "note"        // neither right nor wrong
	statusSkipped findingStatus = "not_checked" // something that it depends on is missing
)

// finding is what a check has found out.
type finding struct {
	Check  string        `json:"check"`            // such as "clock"
	Client string        `json:"client,omitempty"` // whose entry was checked
	Scope  string        `json:"scope,omitempty"`  // of the entry
	Status findingStatus `json:"status"`
	Text   string        `json:"text"`           // a clause, without a full stop
	Next   string        `json:"next,omitempty"` // what to do: sentences
}

// named is the finding of another check.
func (f finding) named(check string) finding {
	f.Check = check
	return f
}

// mark is what a line begins with.
func (f finding) mark() span {
	switch f.Status {
	case statusOK:
		return span{"✓", green}
	case statusWarning:
		return span{"!", yellow}
	case statusFailed:
		return span{"✗", red}
	default:
		return span{"–", faint}
	}
}

// subjectWidth is the width of the longest name of a check or a client.
const subjectWidth = 14

// line is the finding for a person: one line, however long.
func (f finding) line() text {
	subject := f.Check
	if f.Client != "" {
		subject = f.Client
	}
	content := f.Text
	if f.Next != "" {
		content = strings.TrimSuffix(content, ".") + ". " + f.Next
	}
	padding := strings.Repeat(" ", max(0, subjectWidth-len(subject))+1)
	return text{f.mark(), {" ", plain}, {subject, bold}, {padding + content, plain}}
}

// doctorReport prints findings: lines as they come, or one JSON object at the end.
type doctorReport struct {
	out     output
	console *console // has a live line on the same terminal, perhaps
	asJSON  bool
	failed  bool // something is wrong

	findings []finding // with asJSON
	skipped  []finding // for the same reason, and not printed yet
}

func (r *doctorReport) add(ctx context.Context, f finding) error {
	f.Text, f.Next = cfapi.Visible(f.Text), cfapi.Visible(f.Next)
	r.failed = r.failed || f.Status == statusFailed
	if r.asJSON {
		r.findings = append(r.findings, f)
		return nil
	}
	if f.Status == statusSkipped && (r.skipped == nil || r.skipped[0].Text == f.Text) {
		r.skipped = append(r.skipped, f)
		return nil
	}
	if err := r.printSkipped(ctx); err != nil {
		return err
	}
	if f.Status == statusSkipped {
		r.skipped = append(r.skipped, f)
		return nil
	}
	return r.print(ctx, f)
}

// printSkipped prints one line for what was skipped for one reason.
func (r *doctorReport) printSkipped(ctx context.Context) error {
	if r.skipped == nil {
		return nil
	}
	var checks []string
	for _, f := range r.skipped {
		checks = append(checks, f.Check)
	}
	f := r.skipped[0].named(strings.Join(checks, ", "))
	r.skipped = nil
	return r.print(ctx, f)
}

func (r *doctorReport) print(ctx context.Context, f finding) error {
	var line strings.Builder
	f.line().write(&line, r.out.colored)
	return r.console.above(func() error { return write(ctx, r.out, line.String()+"\n") })
}

// end prints what has not been printed yet.
func (r *doctorReport) end(ctx context.Context) error {
	if !r.asJSON {
		return r.printSkipped(ctx)
	}
	data, err := json.Marshal(struct {
		OK      bool      `json:"ok"`
		Version string    `json:"version"`
		Checks  []finding `json:"checks"`
	}{!r.failed, server.Version(), r.findings})
	if err != nil {
		return exitWith(exitFailure, err)
	}
	return write(ctx, r.out, string(data)+"\n")
}
