// Goclient lets another program use the official Go client of MCP:
//
//	goclient VERSION URL
//	goclient VERSION COMMAND [ARG...]
//
// It connects at a protocol version and then obeys requests on stdin, each a
// line of JSON, and answers on stdout. It judges nothing: what it gets from the
// server it passes on.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// request lists the tools, calls one, or cancels an earlier request.
type request struct {
	ID        int            `json:"id"`
	List      bool           `json:"list"`
	Arguments map[string]any `json:"arguments"`
	Token     any            `json:"token"`
	Cancel    int            `json:"cancel"`
}

// answer is one of: the negotiated version, a progress notification, or the end
// of a request.
type answer struct {
	Version  string                          `json:"version,omitempty"`
	Progress *mcp.ProgressNotificationParams `json:"progress,omitempty"`
	ID       int                             `json:"id,omitempty"`
	Result   any                             `json:"result,omitempty"`
	Error    string                          `json:"error,omitempty"`
}

var stdout = struct {
	sync.Mutex
	*json.Encoder
}{Encoder: json.NewEncoder(os.Stdout)}

func say(a answer) {
	stdout.Lock()
	defer stdout.Unlock()
	_ = stdout.Encode(a)
}

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, version string, target []string) error {
	client := mcp.NewClient(&mcp.Implementation{Name: "interop", Version: "1"}, &mcp.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) {
			say(answer{Progress: r.Params})
		},
	})
	session, err := client.Connect(ctx, transport(target), &mcp.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		return err
	}
	defer session.Close()
	say(answer{Version: session.InitializeResult().ProtocolVersion})

	cancels := map[int]context.CancelFunc{}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return err
		}
		if r.Cancel != 0 {
			cancels[r.Cancel]()
			continue
		}
		requestCtx, cancel := context.WithCancel(ctx)
		cancels[r.ID] = cancel
		go func() {
			result, err := send(requestCtx, session, r)
			if err != nil {
				say(answer{ID: r.ID, Error: err.Error()})
				return
			}
			say(answer{ID: r.ID, Result: result})
		}()
	}
	return lines.Err()
}

func transport(target []string) mcp.Transport {
	switch first := target[0]; {
	case !strings.HasPrefix(first, "http://"):
		return &mcp.CommandTransport{Command: exec.Command(first, target[1:]...)}
	case strings.HasSuffix(first, "/sse"):
		return &mcp.SSEClientTransport{Endpoint: first}
	default:
		return &mcp.StreamableClientTransport{Endpoint: first}
	}
}

func send(ctx context.Context, session *mcp.ClientSession, r request) (any, error) {
	if r.List {
		return session.ListTools(ctx, nil)
	}
	params := &mcp.CallToolParams{Name: "get_access_policy_test", Arguments: r.Arguments}
	switch token := r.Token.(type) {
	case string:
		params.SetProgressToken(token)
	case float64:
		params.SetProgressToken(int(token)) // the client takes no other numbers
	}
	return session.CallTool(ctx, params)
}
