package server

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
	"access-policy-mcp/tools"
)

// TestCallTool: a call waits as long as its context says, beyond the bound of
// wait_seconds, and its figures are shown on the way. An API that is away for an hour
// does not end it.
func TestCallTool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := simulator.New()
		sim.AddTest("long", 100_000, 20*time.Hour)
		began := time.Now()
		sim.SetFaults(func(int) simulator.Fault {
			if passed := time.Since(began); passed > time.Hour && passed < 2*time.Hour {
				return simulator.Fault{Status: 503}
			}
			return simulator.Fault{}
		})
		s, _ := newServer(t, sim)
		shown, failed := 0, 0
		ctx := tools.WithWatching(tools.WithCaller(t.Context(), fixedCaller), tools.Watching{Limit: 24 * time.Hour, Show: func(s watch.Snapshot) {
			if s.Known() && *s.Answer.Result.TotalUsers == 100_000 {
				shown++
			}
			if s.Failure != nil {
				failed++
			}
		}})
		result, err := s.CallTool(ctx, "get_access_policy_test", map[string]any{"policy_test_id": "long"})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(result.RawStructuredContent), `"finished":true`) {
			t.Errorf("structured content %s", result.RawStructuredContent)
		}
		if took := time.Since(began); took < 20*time.Hour || took > 20*time.Hour+time.Minute || shown < 20*60 || failed < 60 {
			t.Errorf("%d figures in %v, %d of them old", shown, took, failed)
		}
	})
}

// TestCallToolFailures: a failure of the tool is a result, one of the protocol or of the
// program an error.
func TestCallToolFailures(t *testing.T) {
	for name, tt := range map[string]struct {
		mode, tool string
		want       string // the error
	}{
		"failed":       {"failed", "fake_tool", ""},
		"panic":        {"panic", "fake_tool", ""},
		"late panic":   {"late", "fake_tool", internalText},
		"unknown tool": {"ok", "no_such_tool", "not found"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newServerWith(Config{Catalog: faultyCatalog(tt.mode)})
			result, err := s.CallTool(t.Context(), tt.tool, nil)
			switch {
			case tt.want == "" && (err != nil || !result.IsError):
				t.Errorf("result %+v, error %v", result, err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("result %+v, error %v", result, err)
			}
		})
	}
}

// TestCallToolInterrupted: a call that waits answers with what it has.
func TestCallToolInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServer(t, simulator.New())
		ctx, cancel := context.WithTimeout(tools.WithCaller(t.Context(), fixedCaller), 2500*time.Millisecond)
		defer cancel()
		began := time.Now()
		result, err := s.CallTool(ctx, "get_access_policy_test", map[string]any{"policy_test_id": simulator.PolicyTestID, "wait_seconds": 45})
		if err != nil || result.IsError {
			t.Fatalf("result %+v, error %v", result, err)
		}
		if !strings.Contains(string(result.RawStructuredContent), `"finished":false`) {
			t.Errorf("structured content %s", result.RawStructuredContent)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
