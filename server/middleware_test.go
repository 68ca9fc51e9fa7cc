package server

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/tools"
)

// secretCause is in every panic and in the cause of every defect. It belongs in the log
// and nowhere else.
const secretCause = "the cause's own text"

// panicking panics when it is written as JSON, which is after its handler has returned.
type panicking struct{}

func (panicking) MarshalJSON() ([]byte, error) { panic(secretCause) }

type panickingContents struct {
	mcp.TextResourceContents
	panicking
}

type panickingContent struct {
	mcp.TextContent
	panicking
}

// defect is an error with a text for the client and a cause for the log.
type defect struct{ cause error }

func (defect) Error() string   { return "for the client" }
func (d defect) Unwrap() error { return d.cause }

var notFound = tools.ErrorInfo{Kind: "not_found", HTTPStatus: 404, RayID: "ray"}

// faultyCatalog has a tool, a resource and a prompt that do as they are told: "ok",
// "failed", "defect", "panic", "late" (panic after the handler) or, for the tool,
// "nothing".
func faultyCatalog(mode string) tools.Catalog {
	fail := func() error {
		switch mode {
		case "failed":
			return &tools.RequestError{Info: notFound}
		case "defect":
			return defect{errors.New(secretCause)}
		case "panic":
			panic(secretCause)
		}
		return nil
	}
	tool := func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		switch mode {
		case "failed":
			result := mcp.NewToolResultError("for the client")
			result.Meta = &mcp.Meta{AdditionalFields: map[string]any{tools.ErrorMetaKey: notFound}}
			return result, nil
		case "defect":
			return tools.InternalError(), errors.New(secretCause)
		case "nothing":
			return nil, errors.New(secretCause)
		case "late":
			return mcp.NewToolResultStructured(panicking{}, "text"), nil
		}
		return mcp.NewToolResultText("fine"), fail()
	}
	resource := func(context.Context, mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		if mode == "late" {
			return []mcp.ResourceContents{panickingContents{}}, nil
		}
		return []mcp.ResourceContents{mcp.TextResourceContents{URI: "fake://x/y", Text: "fine"}}, fail()
	}
	prompt := func(context.Context, mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		var content mcp.Content = mcp.NewTextContent("fine")
		if mode == "late" {
			content = panickingContent{}
		}
		return mcp.NewGetPromptResult("", []mcp.PromptMessage{mcp.NewPromptMessage(mcp.RoleUser, content)}), fail()
	}
	return tools.Catalog{
		Tools:             []server.ServerTool{fakeFailingTool("fake_tool", tool)},
		ResourceTemplates: []server.ServerResourceTemplate{{Template: mcp.NewResourceTemplate("fake://{account}/{id}", "fake"), Handler: resource}},
		Prompts:           []server.ServerPrompt{{Prompt: mcp.Prompt{Name: "fake_prompt"}, Handler: prompt}},
	}
}

// secretArgument is in the arguments of every request, and never in the log.
const secretArgument = "an-argument"

var faultyRequests = map[string]string{
	"tool":     `{"jsonrpc":"2.0","id":"q","method":"tools/call","params":{"name":"fake_tool","arguments":{"a":"` + secretArgument + `"}}}`,
	"resource": `{"jsonrpc":"2.0","id":"q","method":"resources/read","params":{"uri":"fake://account/` + secretArgument + `"}}`,
	"prompt":   `{"jsonrpc":"2.0","id":"q","method":"prompts/get","params":{"name":"fake_prompt","arguments":{"a":"` + secretArgument + `"}}}`,
}

// TestRecords: one record for each call, read and prompt, over every transport, and the
// cause of a defect in the log alone.
func TestRecords(t *testing.T) {
	internal := string(tools.InternalError().Meta.AdditionalFields[tools.ErrorMetaKey].(tools.ErrorInfo).Kind)
	for _, tt := range []struct {
		mode, what, record string
		answer             string
	}{
		{"ok", "tool", `level=INFO msg=call tool=fake_tool duration=\S+ outcome=ok`, "fine"},
		{"ok", "resource", `level=INFO msg=read resource=fake duration=\S+ outcome=ok`, "fine"},
		{"ok", "prompt", `level=INFO msg=prompt prompt=fake_prompt duration=\S+ outcome=ok`, "fine"},
		{"failed", "tool", `msg=call tool=fake_tool duration=\S+ outcome=not_found http_status=404 ray_id=ray`, `"isError":true`},
		{"failed", "resource", `msg=read resource=fake duration=\S+ outcome=not_found http_status=404 ray_id=ray`, `"code":-32603`},
		{"failed", "prompt", `msg=prompt prompt=fake_prompt duration=\S+ outcome=not_found http_status=404 ray_id=ray`, `"code":-32603`},
		{"defect", "tool", `msg=call tool=fake_tool duration=\S+ outcome=` + internal, `"isError":true`},
		{"defect", "resource", `msg=read resource=fake duration=\S+ outcome=internal`, `"code":-32603,"message":"for the client"`},
		{"defect", "prompt", `msg=prompt prompt=fake_prompt duration=\S+ outcome=internal`, `"code":-32603,"message":"for the client"`},
		{"nothing", "tool", `msg=call tool=fake_tool duration=\S+ outcome=` + internal, `"isError":true`},
		{"panic", "tool", `msg=call tool=fake_tool duration=\S+ outcome=` + internal, `"isError":true`},
		{"panic", "resource", `msg=read resource=fake duration=\S+ outcome=internal`, `"code":-32603,"message":"` + internalText},
		{"panic", "prompt", `msg=prompt prompt=fake_prompt duration=\S+ outcome=internal`, `"code":-32603,"message":"` + internalText},
	} {
		for transport, play := range players {
			t.Run(tt.mode+"/"+tt.what+"/"+transport, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, log := newServerWith(Config{Catalog: faultyCatalog(tt.mode)})
					answer := play(t, s, []string{faultyRequests[tt.what]})
					if !strings.Contains(answer, `"id":"q"`) || !strings.Contains(answer, tt.answer) {
						t.Errorf("answer %s", answer)
					}
					if n := len(regexp.MustCompile(tt.record+` caller=`+fixedCaller.Name+`\n`).FindAllString(log.String(), -1)); n != 1 {
						t.Errorf("%d records %s in the log:\n%s", n, tt.record, log)
					}
					wantCause := tt.mode == "defect" || tt.mode == "nothing" || tt.mode == "panic"
					checkCause(t, answer, log.String(), wantCause)
				})
			})
		}
	}
}

// checkCause: the cause is in the log at error level if there is one, never in the
// answer, and arguments are in no record.
func checkCause(t *testing.T, answer, log string, want bool) {
	t.Helper()
	got := false
	for line := range strings.Lines(log) {
		got = got || strings.Contains(line, "level=ERROR") && strings.Contains(line, secretCause)
	}
	if got != want {
		t.Errorf("cause in the log: %t:\n%s", got, log)
	}
	if strings.Contains(answer, secretCause) {
		t.Errorf("the cause is in the answer: %s", answer)
	}
	if strings.Contains(log, secretArgument) {
		t.Errorf("an argument is in the log:\n%s", log)
	}
}

// TestPanics: a panic in a handler or after it is logged with its stack and answered,
// and the next request is served, over every transport.
func TestPanics(t *testing.T) {
	for _, mode := range []string{"panic", "late"} {
		for what, request := range faultyRequests {
			for transport, play := range players {
				t.Run(mode+"/"+what+"/"+transport, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s, log := newServerWith(Config{Catalog: faultyCatalog(mode)})
						answers := play(t, s, []string{request, pingMessage})
						answer, ping, _ := strings.Cut(answers, "\n")
						if !strings.Contains(answer, `"id":"q"`) || mode == "late" && !strings.Contains(answer, `"code":-32603,"message":"`+internalText) {
							t.Errorf("answer %s", answer)
						}
						if !strings.Contains(ping, `"id":"ping","result"`) {
							t.Errorf("answer to the ping: %s", ping)
						}
						checkCause(t, answer, log.String(), true)
						if !strings.Contains(log.String(), "msg=panic") || !strings.Contains(log.String(), "middleware_test.go") {
							t.Errorf("no stack in the log:\n%s", log)
						}
					})
				})
			}
		}
	}
}

// TestPanicBeforeTheTransport: a panic in a guard or an authenticator lets nobody in.
func TestPanicBeforeTheTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := newServerWith(Config{
			Catalog:      faultyCatalog("ok"),
			Authenticate: func(*http.Request) (tools.Caller, error) { panic(secretCause) },
		})
		client, shutdown, ended := startHTTP(t, s)
		for _, path := range []string{"/mcp", "/message"} {
			resp, body := do(t, client, newPost(t.Context(), t, path, faultyRequests["tool"]))
			if resp.StatusCode != http.StatusInternalServerError || strings.TrimSpace(body) != internalText {
				t.Errorf("%s: status %d: %s", path, resp.StatusCode, body)
			}
			checkCause(t, body, log.String(), true)
		}
		end(t, shutdown, ended)
	})
}
