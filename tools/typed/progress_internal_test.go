package typed

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// wireSession keeps the progress of its notifications as a client reads it from the
// wire.
type wireSession struct {
	server.ClientSession
	t    *testing.T
	sent []float64
}

func (*wireSession) SessionID() string { return "" }

func (s *wireSession) Notify(notification mcp.JSONRPCNotification) error {
	data, err := json.Marshal(notification)
	if err != nil {
		s.t.Fatal(err)
	}
	var message struct{ Params struct{ Progress float64 } }
	if err := json.Unmarshal(data, &message); err != nil {
		s.t.Fatal(err)
	}
	s.sent = append(s.sent, message.Params.Progress)
	return nil
}

// progressOn returns what reports the progress of a call over the session.
func progressOn(t *testing.T, session *wireSession) ProgressFunc {
	t.Helper()
	ctx := server.NewMCPServer("", "").WithContext(context.Background(), session)
	return Progress(withProgress(ctx, mcp.CallToolRequest{Params: mcp.CallToolParams{Meta: &mcp.Meta{ProgressToken: "t"}}}))
}

// TestIncreasing: whatever the percentages, and however many, what is on the wire
// increases strictly and stays below 100. A percentage that leaves room is reported as
// it is.
func TestIncreasing(t *testing.T) {
	value := func(p float64) *float64 { return &p }
	const many = 100_000
	standing := func(p *float64, n int) []*float64 {
		out := make([]*float64, n)
		for i := range out {
			out[i] = p
		}
		return out
	}
	random := func(n int, next func() float64) []*float64 {
		out := make([]*float64, n)
		for i := range out {
			if rand.IntN(3) > 0 {
				out[i] = value(next())
			}
		}
		return out
	}
	for name, percentages := range map[string][]*float64{
		"moving":                  {value(0), value(10), value(50.5), value(99), value(99.995), value(99.99999)},
		"standing at 0":           standing(value(0), 1000),
		"standing at 50":          standing(value(50), 1000),
		"standing at 99.9":        standing(value(99.9), 1000),
		"standing near 100":       standing(value(99.99999), 1000),
		"standing at 100":         standing(value(100), many),
		"above 100":               standing(value(250), 1000),
		"far above 100":           standing(value(math.MaxFloat64), 1000),
		"unknown, then 100":       append(standing(nil, 1000), standing(value(100), 1000)...),
		"going back":              {value(50), value(20), value(10), value(60)},
		"negative":                {value(-5), value(-4), value(1)},
		"random":                  random(20_000, func() float64 { return rand.Float64()*130 - 10 }),
		"random near 100":         random(many, func() float64 { return 99.999 + rand.Float64()*0.0009 }),
		"random hundredths":       random(1000, func() float64 { return math.Round(rand.Float64()*10_000) / 100 }),
		"any percentage at first": random(1, func() float64 { return rand.Float64() * 100 }),
	} {
		t.Run(name, func(t *testing.T) {
			session := &wireSession{t: t}
			report := progressOn(t, session)
			last := -1.0
			for i, p := range percentages {
				report(p, "")
				if len(session.sent) != i+1 {
					t.Fatalf("report %d was not sent", i)
				}
				next := session.sent[i]
				if next <= last || next >= 100 || next < 0 {
					t.Fatalf("report %d is %v after %v", i, next, last)
				}
				if p != nil && *p > last && *p >= 0 && *p < 100 && next != *p {
					t.Fatalf("report %d of %v is %v", i, *p, next)
				}
				last = next
			}
		})
	}
}

// TestNoValueLeft: a report that cannot be above the last one is not sent.
func TestNoValueLeft(t *testing.T) {
	session := &wireSession{t: t}
	report := progressOn(t, session)
	last := math.Nextafter(100, 0)
	for range 3 {
		report(&last, "")
	}
	if len(session.sent) != 1 {
		t.Errorf("sent %v", session.sent)
	}
}
