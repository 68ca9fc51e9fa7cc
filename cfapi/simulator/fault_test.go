package simulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"access-policy-mcp/cfapi/simulator"
)

// A connection breaks differently in memory, over TCP and in a stream of HTTP/2,
// but each must look to its client like the fault that was asked for.
var servers = map[string]func(*testing.T, http.Handler) (*http.Client, string){
	"in memory": func(t *testing.T, handler http.Handler) (*http.Client, string) {
		return serve(t, handler), simulator.BaseURL
	},
	"TCP": func(t *testing.T, handler http.Handler) (*http.Client, string) {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		return server.Client(), server.URL
	},
	"HTTP/2": func(t *testing.T, handler http.Handler) (*http.Client, string) {
		server := httptest.NewUnstartedServer(handler)
		server.EnableHTTP2 = true
		server.StartTLS()
		t.Cleanup(server.Close)
		return server.Client(), server.URL
	},
}

// overEach runs a test against a simulator with one fault, over every kind of
// connection. fetch asks for the documented example.
func overEach(t *testing.T, fault simulator.Fault, test func(t *testing.T, fetch func(context.Context) (*http.Response, error))) {
	t.Helper()
	t.Parallel()
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simulator.New()
			sim.SetFaults(simulator.Always(fault))
			client, url := start(t, sim)
			test(t, func(ctx context.Context) (*http.Response, error) {
				req := newRequest(t, http.MethodGet, testURL(url, simulator.AccountID, simulator.DocumentedID)).WithContext(ctx)
				req.Header.Set("Authorization", right)
				return client.Do(req)
			})
			if sim.Requests() == 0 {
				t.Error("the request was not counted")
			}
		})
	}
}

type fetch = func(context.Context) (*http.Response, error)

// wantReply checks an answer that arrives whole.
func wantReply(t *testing.T, fetch fetch, status int, bodyPart string) http.Header {
	t.Helper()
	resp, err := fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status || !strings.Contains(string(body), bodyPart) {
		t.Errorf("HTTP %d, %q, %v; want HTTP %d, %q", resp.StatusCode, body, err, status, bodyPart)
	}
	return resp.Header
}

func TestNoFault(t *testing.T) {
	overEach(t, simulator.Fault{}, func(t *testing.T, fetch fetch) {
		wantReply(t, fetch, http.StatusOK, `"status":"complete"`)
	})
}

func TestDelayedAnswer(t *testing.T) {
	overEach(t, simulator.Fault{Delay: time.Millisecond}, func(t *testing.T, fetch fetch) {
		wantReply(t, fetch, http.StatusOK, `"status":"complete"`)
	})
}

func TestScriptedAnswer(t *testing.T) {
	const page = "<html><title>522: Connection timed out</title></html>"
	overEach(t, simulator.Fault{
		Delay:  time.Millisecond,
		Status: 522,
		Header: http.Header{"Content-Type": {"text/html"}, "Cf-Ray": {"8e1f-FRA"}, "Retry-After": {"60"}},
		Body:   page,
	}, func(t *testing.T, fetch fetch) {
		header := wantReply(t, fetch, 522, page)
		for name, want := range map[string]string{"Content-Type": "text/html", "Cf-Ray": "8e1f-FRA", "Retry-After": "60", "Ratelimit": ""} {
			if got := header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	})
}

func TestScriptedAnswerWithoutBody(t *testing.T) {
	for _, status := range []int{http.StatusNoContent, http.StatusFound, http.StatusServiceUnavailable} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			overEach(t, simulator.Fault{Status: status}, func(t *testing.T, fetch fetch) {
				wantReply(t, fetch, status, "")
			})
		})
	}
}

func TestReset(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{
		"at once":           {Reset: true},
		"after a while":     {Reset: true, Delay: time.Millisecond},
		"instead of answer": {Reset: true, Status: 200, Body: "{}"},
	} {
		t.Run(name, func(t *testing.T) {
			overEach(t, fault, func(t *testing.T, fetch fetch) {
				resp, err := fetch(t.Context())
				if err == nil {
					resp.Body.Close()
					t.Fatalf("HTTP %d, want an error", resp.StatusCode)
				}
				if errors.Is(err, context.Canceled) {
					t.Errorf("error is %v", err)
				}
			})
		})
	}
}

// An orderly end would not do: what a client makes of a reset is to be tested.
func TestResetOverTCP(t *testing.T) {
	t.Parallel()
	sim := simulator.New()
	sim.SetFaults(simulator.Always(simulator.Fault{Reset: true}))
	client, url := servers["TCP"](t, sim)
	resp, err := client.Do(newRequest(t, http.MethodGet, url))
	if err == nil {
		resp.Body.Close()
		t.Fatalf("HTTP %d, want an error", resp.StatusCode)
	}
	if errors.Is(err, io.EOF) {
		t.Errorf("error is %v, want a reset", err)
	}
}

func TestCutOffBody(t *testing.T) {
	const body = `{"success":true,"result":{"status":"complete"}}`
	overEach(t, simulator.Fault{Status: 200, Body: body, CutOff: true}, func(t *testing.T, fetch fetch) {
		wantCutOff(t, fetch, body[:len(body)/2], int64(len(body)))
	})
}

// Without a length to compare with, the end must not pass for the end.
func TestCutOffEmptyBody(t *testing.T) {
	overEach(t, simulator.Fault{Status: 200, CutOff: true}, func(t *testing.T, fetch fetch) {
		wantCutOff(t, fetch, "", -1)
	})
}

func wantCutOff(t *testing.T, fetch fetch, body string, length int64) {
	t.Helper()
	resp, err := fetch(t.Context())
	if err != nil {
		// A reset may overtake the answer.
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || resp.ContentLength != length {
		t.Errorf("HTTP %d with length %d, want HTTP 200 with length %d", resp.StatusCode, resp.ContentLength, length)
	}
	got, err := io.ReadAll(resp.Body)
	if err == nil || !strings.HasPrefix(body, string(got)) {
		t.Errorf("body is %q, error %v; want at most %q and an error", got, err, body)
	}
}

// The wait is far longer than a test could take, so that the answer's absence is
// no matter of speed; and a server that is closed waits for its handlers, so
// that they must have noticed the client's leaving.
func TestClientLeavesDuringDelay(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{
		"own answer":      {Delay: 1000 * time.Hour},
		"scripted answer": {Delay: 1000 * time.Hour, Status: 503},
		"reset":           {Delay: 1000 * time.Hour, Reset: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for name, start := range servers {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					ctx, cancel := context.WithCancel(t.Context())
					sim := simulator.New()
					sim.SetFaults(func(int) simulator.Fault {
						cancel() // the request has arrived
						return fault
					})
					client, url := start(t, sim)
					req := newRequest(t, http.MethodGet, testURL(url, simulator.AccountID, simulator.DocumentedID)).WithContext(ctx)
					resp, err := client.Do(req)
					if err == nil {
						resp.Body.Close()
						t.Fatalf("HTTP %d, want an error", resp.StatusCode)
					}
					if !errors.Is(err, context.Canceled) {
						t.Errorf("error is %v", err)
					}
				})
			}
		})
	}
}

func TestClientLeavesDuringSlowBody(t *testing.T) {
	body := strings.Repeat("x", 1000)
	overEach(t, simulator.Fault{Status: 200, Body: body, SlowBody: 1000 * time.Hour}, func(t *testing.T, fetch fetch) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		resp, err := fetch(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		// The first hundredth comes at once, the next in ten hours.
		if _, err := io.ReadFull(resp.Body, make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		cancel()
		if rest, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) || len(rest) != 0 {
			t.Errorf("%d bytes more, error %v", len(rest), err)
		}
	})
}
