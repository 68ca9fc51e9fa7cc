package server

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"access-policy-mcp/cfapi/simulator"
)

func pingOf(id string) string { return `{"jsonrpc":"2.0","id":` + id + `,"method":"ping"}` }

// TestBatches: batches are answered at protocol revision 2025-03-26, over every
// transport, and refused at others.
func TestBatches(t *testing.T) {
	const refusal, result = `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,`, `,"result":{}}`
	initialized := `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	full := "[" + strings.TrimSuffix(strings.Repeat(pingOf("1")+",", maxBatch), ",") + "]"
	for name, tt := range map[string]struct {
		batch, revision string
		want            []string // what the answers begin with; a single one may be no array
	}{
		"requests":             {`[` + pingOf("9007199254740993") + ` , ` + pingOf(`"b"`) + `]`, "2025-03-26", []string{`[{"jsonrpc":"2.0","id":9007199254740993` + result + `,{"jsonrpc":"2.0","id":"b"` + result + `]`}},
		"with notifications":   {`[` + initialized + `,` + pingOf("1") + `,{"jsonrpc":"2.0","id":3,"result":{}}]`, "2025-03-26", []string{`[{"jsonrpc":"2.0","id":1` + result + `]`}},
		"notifications alone":  {`[` + initialized + `,` + initialized + `]`, "2025-03-26", []string{""}},
		"responses alone":      {`[{"jsonrpc":"2.0","id":3,"result":{}}]`, "2025-03-26", []string{""}},
		"with nonsense":        {`[1,` + pingOf("1") + `,{"jsonrpc":"2.0","id":2,"method":5}]`, "2025-03-26", []string{`[` + refusal, `{"jsonrpc":"2.0","id":1` + result, `{"jsonrpc":"2.0","id":2,"error":{"code":-32600,`}},
		"initialize":           {`[{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}},` + pingOf("2") + `]`, "2025-03-26", []string{`[{"jsonrpc":"2.0","id":1,"error":{"code":-32600,`, `{"jsonrpc":"2.0","id":2` + result}},
		"empty":                {`[]`, "2025-03-26", []string{refusal}},
		"too long":             {`[` + full[1:len(full)-1] + `,` + pingOf("2") + `]`, "2025-03-26", []string{refusal}},
		"of an older revision": {`[` + pingOf("1") + `]`, "2024-11-05", []string{refusal}},
		"of a newer revision":  {`[` + pingOf("1") + `]`, "2025-06-18", []string{refusal}},
		"of the newest":        {`[` + pingOf("1") + `]`, "2025-11-25", []string{refusal}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newServer(t, simulator.New())
				for transport, got := range exchangeOverAll(t, s, tt.batch, tt.revision) {
					if !strings.HasPrefix(got, tt.want[0]) || tt.want[0] == "" && got != "" {
						t.Errorf("%s: %s", transport, got)
					}
					for _, want := range tt.want[1:] {
						if !strings.Contains(got, want) {
							t.Errorf("%s: %s", transport, got)
						}
					}
				}
			})
		})
	}
}

// TestBatchOfTheLimit has all its answers. Over HTTP a request without a revision is of
// 2025-03-26; a connection has none before initialize.
func TestBatchOfTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newServer(t, simulator.New())
		client, shutdown, ended := startHTTP(t, s)
		batch := "[" + strings.TrimSuffix(strings.Repeat(pingOf("1")+",", maxBatch), ",") + "]"
		_, body := do(t, client, newPost(t.Context(), t, "/mcp", batch))
		var answers []answer
		if err := json.Unmarshal([]byte(body), &answers); err != nil || len(answers) != maxBatch {
			t.Errorf("error %v: %s", err, body)
		}
		req := newPost(t.Context(), t, "/mcp", batch)
		req.Header.Set("Content-Type", "text/plain")
		if resp, _ := do(t, client, req); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("text/plain: status %d", resp.StatusCode)
		}
		end(t, shutdown, ended)
		c := startStdio(t, s)
		c.send(t, batch)
		if a, _ := c.next(t); a.Error == nil || a.Error.Code != mcp.INVALID_REQUEST {
			t.Errorf("before initialize: %+v", a)
		}
		c.end(t)
	})
}

// TestBatchRuns: the requests of a batch run at the same time, their notifications come
// before the answers, and those that are cancelled have no answer.
func TestBatchRuns(t *testing.T) {
	batch := "[" + strings.Replace(callOf("1", "notify"), `"arguments":{}`, `"arguments":{},"_meta":{"progressToken":1}`, 1) + "," + callOf("2", "slow") + "," + callOf("3", "endless") + "]"
	newSlow := func() *Server {
		s, _ := newServerOf(fakeTool("notify", func(ctx context.Context) *mcp.CallToolResult {
			_ = notifyFrom(ctx, 1)
			time.Sleep(time.Second)
			return mcp.NewToolResultText("first")
		}), fakeTool("slow", slow(time.Second)), fakeTool("endless", slow(10*time.Second)))
		return s
	}
	t.Run("http", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, shutdown, ended := startHTTP(t, newSlow())
			began := time.Now()
			resp, body := do(t, client, newPost(t.Context(), t, "/mcp", batch))
			if resp.Header.Get("Content-Type") != "text/event-stream" || strings.Count(body, "data: ") != 2 || time.Since(began) != 10*time.Second {
				t.Errorf("%v after %v: %s", resp.Header, time.Since(began), body)
			}
			checkOrder(t, body, `data: {`, `"n":1`, `data: [{`, `"id":1`, "first", `"id":2`, `"id":3`, `]`)
			end(t, shutdown, ended)
		})
	})
	t.Run("stdio", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := startStdio(t, newSlow())
			c.send(t, `{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-03-26"}}`)
			c.next(t)
			c.send(t, batch)
			if a, _ := c.next(t); a.Method != "notifications/test" {
				t.Errorf("%+v", a)
			}
			c.send(t, cancelOf("3"))
			var answers []answer
			began := time.Now()
			if err := c.out.Decode(&answers); err != nil || time.Since(began) > time.Second {
				t.Errorf("error %v after %v", err, time.Since(began))
			}
			var ids []string
			for _, a := range answers {
				ids = append(ids, string(a.ID))
			}
			if !slices.Equal(ids, []string{"1", "2"}) {
				t.Errorf("answers to %v", ids)
			}
			c.end(t)
		})
	})
}
