package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"go.uber.org/goleak"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cfapi/watch"
	"access-policy-mcp/tools"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logBuffer collects log records.
type logBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// fixedCaller makes the calls over transports without authentication.
var fixedCaller = tools.Caller{
	Name:       "fixed",
	Credential: tools.Credential{Credentials: cfapi.Credentials{Token: simulator.Token}, Source: "CLOUDFLARE_API_TOKEN"},
}

// newServer returns a server whose tools ask api, and its log at the most
// verbose level. configure, if there is one, changes the configuration.
func newServer(t *testing.T, api http.Handler, configure ...func(*Config)) (*Server, *logBuffer) {
	t.Helper()
	transport, stop := simulator.Serve(api)
	t.Cleanup(stop)
	pool, err := watch.NewPool(cfapi.Config{
		BaseURL:     simulator.BaseURL,
		Credentials: fixedCaller.Credential.Credentials,
		Transport:   transport,
	}, quota.Default)
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := tools.NewCatalog(tools.Options{Pool: pool, DefaultAccountID: simulator.AccountID, AllowStart: true})
	if err != nil {
		t.Fatal(err)
	}
	catalog.Instructions = "Ask."
	cfg := Config{Catalog: catalog, Drain: pool.Drain}
	for _, f := range configure {
		f(&cfg)
	}
	return newServerWith(cfg)
}

// newServerOf returns a server of those tools.
func newServerOf(list ...server.ServerTool) (*Server, *logBuffer) {
	return newServerWith(Config{Catalog: tools.Catalog{Tools: list}})
}

func newServerWith(cfg Config) (*Server, *logBuffer) {
	log := &logBuffer{}
	cfg.Version = "v1.2.3"
	cfg.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return New(cfg), log
}

// fakeTool is a tool of that name with a handler of the test's.
func fakeTool(name string, handler func(context.Context) *mcp.CallToolResult) server.ServerTool {
	return fakeFailingTool(name, func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return handler(ctx), nil
	})
}

// fakeFailingTool is a fakeTool whose handler can return an error.
func fakeFailingTool(name string, handler server.ToolHandlerFunc) server.ServerTool {
	return server.ServerTool{Tool: mcp.Tool{Name: name, RawInputSchema: json.RawMessage(`{"type":"object"}`)}, Handler: handler}
}

// callOf is a tools/call message.
func callOf(id, tool string) string {
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"` + tool + `","arguments":{}}}`
}

const pingMessage = `{"jsonrpc":"2.0","id":"ping","method":"ping"}`

// stdioClient is the client's end of ServeStdio.
type stdioClient struct {
	in     *io.PipeWriter
	out    *json.Decoder
	ended  chan error
	cancel context.CancelFunc
}

func startStdio(t *testing.T, s *Server) *stdioClient {
	t.Helper()
	inReader, inWriter := io.Pipe()
	outReader, outWriter := io.Pipe()
	ctx, cancel := context.WithCancel(tools.WithCaller(t.Context(), fixedCaller))
	c := &stdioClient{in: inWriter, out: json.NewDecoder(outReader), ended: make(chan error, 1), cancel: cancel}
	go func() {
		err := s.ServeStdio(ctx, inReader, outWriter)
		_ = outWriter.Close()
		_ = inReader.Close()
		c.ended <- err
	}()
	return c
}

func (c *stdioClient) send(t *testing.T, messages ...string) {
	t.Helper()
	if _, err := io.WriteString(c.in, strings.Join(messages, "\n")+"\n"); err != nil {
		t.Fatal(err)
	}
}

// answer is a message from a server.
type answer struct {
	ID     json.RawMessage
	Method string
	Result json.RawMessage
	Error  *mcp.JSONRPCErrorDetails
}

// next reads a message; ok is false at the end of the output.
func (c *stdioClient) next(t *testing.T) (a answer, ok bool) {
	t.Helper()
	if err := c.out.Decode(&a); err == io.EOF {
		return a, false
	} else if err != nil {
		t.Fatal(err)
	}
	return a, true
}

// end closes the input and returns what is still answered.
func (c *stdioClient) end(t *testing.T) []answer {
	t.Helper()
	_ = c.in.Close()
	return c.rest(t)
}

// rest returns what is answered until the server ends.
func (c *stdioClient) rest(t *testing.T) []answer {
	t.Helper()
	var rest []answer
	for {
		a, ok := c.next(t)
		if !ok {
			if err := <-c.ended; err != nil {
				t.Error(err)
			}
			return rest
		}
		rest = append(rest, a)
	}
}

// sessionFrom returns the session of a call.
func sessionFrom(ctx context.Context) *session {
	return server.ClientSessionFromContext(ctx).(*session)
}

// untilCanceled is a tool that ends only when its call is cancelled.
func untilCanceled(started, canceled chan<- bool) func(context.Context) *mcp.CallToolResult {
	return func(ctx context.Context) *mcp.CallToolResult {
		started <- true
		<-ctx.Done()
		canceled <- true
		return mcp.NewToolResultError("canceled")
	}
}
