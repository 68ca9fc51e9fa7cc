package simulator_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"access-policy-mcp/cfapi/simulator"
)

func TestServeReachesItselfUnderAnyName(t *testing.T) {
	t.Parallel()
	client := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Host", r.Host)
	}))
	for _, host := range []string{"localhost", "127.0.0.1:1", "api.cloudflare.com", "no.such.host.invalid:8080"} {
		if got := do(t, client, newRequest(t, http.MethodGet, "http://"+host+"/")); got.header.Get("X-Host") != host {
			t.Errorf("host is %q, want %q", got.header.Get("X-Host"), host)
		}
	}
}

func TestServeAfterStop(t *testing.T) {
	t.Parallel()
	transport, stop := simulator.Serve(simulator.New())
	stop()
	stop() // by a test's cleanup, after the test itself did
	client := &http.Client{Transport: transport}
	if _, err := client.Do(newRequest(t, http.MethodGet, simulator.BaseURL)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("error is %v, want %v", err, net.ErrClosed)
	}
}

// Stopping is pulling the plug: nobody is left waiting at the other end.
func TestStopEndsRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := simulator.New()
		sim.SetFaults(simulator.Always(simulator.Fault{Delay: time.Hour}))
		transport, stop := simulator.Serve(sim)
		client := &http.Client{Transport: transport}
		time.AfterFunc(time.Second, stop)
		start := time.Now()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				resp, err := client.Do(newRequest(t, http.MethodGet, simulator.BaseURL))
				if err == nil {
					resp.Body.Close()
					t.Errorf("HTTP %d, want an error", resp.StatusCode)
				}
			})
		}
		wg.Wait()
		if elapsed := time.Since(start); elapsed != time.Second {
			t.Errorf("the requests ended after %v", elapsed)
		}
	})
}

func TestCancelBeforeTheConnection(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	client := serve(t, simulator.New())
	if _, err := client.Do(newRequest(t, http.MethodGet, simulator.BaseURL).WithContext(ctx)); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestListener(t *testing.T) {
	t.Parallel()
	listener := simulator.NewListener()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = conn.Write([]byte("hello"))
		_ = conn.Close()
	}()
	conn, err := listener.DialContext(t.Context(), "tcp", "anywhere:1")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got, err := io.ReadAll(conn); string(got) != "hello" || err != nil {
		t.Errorf("received %q, error %v", got, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nobody accepts, so only this ends the dial
	if _, err := listener.DialContext(ctx, "tcp", "anywhere:1"); !errors.Is(err, context.Canceled) {
		t.Errorf("dial that was canceled: %v", err)
	}
	for range 2 { // a server closes its listener, and so may who made it
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept after Close: %v", err)
	}
	if _, err := listener.DialContext(t.Context(), "tcp", "anywhere:1"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("dial after Close: %v", err)
	}
	if listener.Addr().String() == "" {
		t.Error("the address has no text")
	}
}
