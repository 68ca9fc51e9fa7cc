package server

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"access-policy-mcp/tools"
)

// nginxTimeout is nginx's proxy_read_timeout in the test. nginx's default is 60 s.
const nginxTimeout = 20 * time.Second

var nginxDefaults = flag.Bool("nginx-defaults", false, "wait 100 s behind nginx with nothing but its defaults")

// TestBehindNginx: a wait without a progress token outlasts the time that nginx, with its
// defaults otherwise, gives a server that sends nothing.
func TestBehindNginx(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	program, err := exec.LookPath("nginx")
	if err != nil {
		if _, err = os.Stat("/usr/sbin/nginx"); err != nil {
			t.Skip("nginx is not installed")
		}
		program = "/usr/sbin/nginx"
	}
	t.Parallel()
	wait, timeout := nginxTimeout+6*time.Second, fmt.Sprintf("proxy_read_timeout %d;", int(nginxTimeout.Seconds()))
	if *nginxDefaults {
		wait, timeout = 100*time.Second, ""
	}
	s, _ := newServerOf(fakeTool("slow", slow(wait)))
	address := serveLoopback(t, s)
	proxy := startNginx(t, program, address, timeout)

	send := func(message, accept string) <-chan string {
		req := newPost(t.Context(), t, "/mcp", message)
		req.URL.Host = proxy
		req.Header.Set("Accept", accept)
		setModernHeaders(req.Header, message)
		return start(http.DefaultClient, req)
	}
	const both = "application/json, text/event-stream"
	legacy, stateless := send(callOf("1", "slow"), both), send(modernCallOf("1", "slow"), both)
	// Without a stream nothing can be sent. It shows that the timeout is in force.
	unread := send(callOf("1", "slow"), "application/json")
	for _, body := range []string{<-legacy, <-stateless} {
		if !strings.Contains(body, "done") || !strings.Contains(body, ": keep-alive\n\n") {
			t.Errorf("answer %s", body)
		}
	}
	if body := <-unread; !strings.Contains(body, "504 Gateway Time-out") {
		t.Errorf("answer without a stream: %s", body)
	}
}

// serveLoopback serves s on a port of this machine.
func serveLoopback(t *testing.T, s *Server) (address string) {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(tools.WithCaller(context.WithoutCancel(t.Context()), fixedCaller))
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, listener) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		<-ended
	})
	return listener.Addr().String()
}

// startNginx runs nginx in front of address and returns where it listens.
func startNginx(t *testing.T, program, address, directives string) (proxy string) {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	proxy = listener.Addr().String()
	_ = listener.Close() // nginx takes it over
	folder := t.TempDir()
	file := filepath.Join(folder, "nginx.conf")
	text := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log stderr;
		events {}
		http {
			access_log off;
			client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
			server { listen %[2]s; %[4]s location / { proxy_pass http://%[3]s; } }
		}`, folder, proxy, address, directives)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program, "-p", folder, "-c", file)
	command.Stderr = io.Discard
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	for range 100 {
		var dialer net.Dialer
		if conn, err := dialer.DialContext(t.Context(), "tcp", proxy); err == nil {
			_ = conn.Close()
			return proxy
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("nginx does not start")
	return ""
}
