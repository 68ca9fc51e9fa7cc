package tools_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

// personalTexts are what must not get out. Each has the name that the tests look for.
var personalTexts = map[string]string{
	"address": "grace.hopper@example.org",
	"name":    "Grace Hopper",
	"both":    `<Grace "Amazing" Hopper> grace.hopper@example.org`,
}

const personalName = "hopper"

// talkative are answers that have a text wherever the API can put one.
func talkative(text string) map[string]http.Handler {
	quoted := fmt.Sprintf("%q", text)
	notice := `{"code": 1234, "message": ` + quoted + `, "documentation_url": "https://developers.cloudflare.com/hopper", "source": {"pointer": ` + quoted + `}}`
	all := `"errors": [` + notice + `, {"code": 5678, "error_chain": [` + notice + `]}], "messages": [` + notice + `, ` + notice + `]`
	header := http.Header{}
	for _, name := range []string{"Cf-Ray", "Retry-After", "Ratelimit", "Location", "Content-Type", "Server"} {
		header.Set(name, text)
	}
	apis := map[string]http.Handler{
		"test":          body(200, header, `{"success": true, `+all+`, "result": {"id": `+quoted+`, "status": `+quoted+`, "total_users": 20, "users_blocked": 3}}`),
		"complete test": body(200, header, `{"success": true, `+all+`, "result": {"id": `+quoted+`, "status": "complete"}}`),
		"users":         body(200, header, `{"success": true, `+all+`, "result": [{"id": `+quoted+`, "email": `+quoted+`, "name": `+quoted+`, "status": `+quoted+`}, {"email": `+quoted+`, "status": "blocked"}]}`),
		"start":         body(200, header, `{"success": true, `+all+`, "result": {"id": "started", "status": `+quoted+`}}`),
		"wrong type":    body(200, header, `{"success": true, "result": {"id": "a", "total_users": `+quoted+`}}`),
	}
	for _, status := range []int{200, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503, 522} {
		apis[fmt.Sprint(status, " errors")] = body(status, header, `{"success": false, `+all+`, "result": null}`)
		apis[fmt.Sprint(status, " page")] = body(status, header, "<html><title>"+text+"</title>"+text)
		apis[fmt.Sprint(status, " text")] = body(status, header, text)
		apis[fmt.Sprint(status, " JSON text")] = body(status, header, quoted)
	}
	return apis
}

// brokenTransport is a connection that breaks with an error that repeats what came, as
// errors of net/http and crypto/tls do.
type brokenTransport string

func (b brokenTransport) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("x509: certificate is valid for " + string(b))
}

// rawAnswer answers with bytes of its own.
func rawAnswer(data string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(connection, data)
		_ = connection.Close()
	})
}

// from answers the first requests as an API of which everything is fine, and the others
// as api does.
func from(first int32, api http.Handler) http.Handler {
	var requests atomic.Int32
	var fine requestLog
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n := requests.Add(1); {
		case n >= first:
			api.ServeHTTP(w, r)
		case r.Method == http.MethodGet && !strings.HasSuffix(r.URL.Path, "/users"):
			_, _ = io.WriteString(w, standingTest)
		default:
			fine.ServeHTTP(w, r)
		}
	})
}

// outputsOf returns all that a client gets from the catalog with an API: results,
// errors and progress.
func outputsOf(t *testing.T, options tools.Options) map[string]string {
	t.Helper()
	catalog := newCatalog(t, options)
	outputs := map[string]string{"instructions": catalog.Instructions}
	for _, tool := range catalog.Tools {
		calls := map[string]string{"": sampleArguments(t, tool.Tool), " waiting": sampleArguments(t, tool.Tool, "wait_seconds")}
		if tool.Tool.Name == "list_access_policy_test_users" {
			calls[" of full page"] = usersArguments("x", `, "per_page": 1`)
		}
		for name, arguments := range calls {
			session := &progressSession{}
			ctx := server.NewMCPServer("", "").WithContext(tools.WithCaller(context.Background(), testCaller()), session)
			call := request(arguments)
			call.Params.Meta = &mcp.Meta{ProgressToken: 1}
			result, err := tool.Handler(ctx, call)
			if err != nil {
				t.Errorf("%s%s: a defect: %v", tool.Tool.Name, name, err)
			}
			outputs[tool.Tool.Name+name] = toJSON(t, result)
			outputs[tool.Tool.Name+name+" progress"] = toJSON(t, session.sent)
		}
	}
	contents, err := readTest(t, tools.WithCaller(context.Background(), testCaller()), catalog)
	if err != nil {
		failure := requestError(t, err)
		outputs["resource"] = failure.Error() + toJSON(t, failure.Info)
	} else {
		outputs["resource"] = toJSON(t, contents)
	}
	return outputs
}

// progressSession keeps what it is notified of.
type progressSession struct {
	server.ClientSession
	sent []mcp.JSONRPCNotification
}

func (*progressSession) SessionID() string { return "" }

func (s *progressSession) Notify(notification mcp.JSONRPCNotification) error {
	s.sent = append(s.sent, notification)
	return nil
}

// TestHideUserDetails: with the option, no text of the API reaches a client by any way,
// whatever goes wrong and when. Without it some do, by every way that has texts at all.
func TestHideUserDetails(t *testing.T) {
	shown := map[string]bool{}
	check := func(name string, newOptions func(*testing.T) tools.Options) {
		for _, hide := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				options := newOptions(t)
				options.AllowStart, options.HideUserDetails = true, hide
				for where, output := range outputsOf(t, options) {
					found := strings.Contains(strings.ToLower(output), personalName)
					if hide && found {
						t.Errorf("%s, %s: %s", name, where, output)
					}
					shown[where] = shown[where] || found
					shown[name] = shown[name] || found
				}
			})
		}
	}
	for kind, personal := range personalTexts {
		for name, api := range talkative(personal) {
			for first := int32(1); first <= 3; first++ {
				check(name, func(t *testing.T) tools.Options { return newOptions(t, from(first, api)) })
			}
		}
		check(kind+" connection", func(t *testing.T) tools.Options { return newOptionsOver(t, brokenTransport(personal)) })
	}
	delete(shown, "instructions")
	maps.DeleteFunc(shown, func(where string, _ bool) bool { return strings.HasSuffix(where, " progress") || where == "wrong type" })
	for where, found := range shown {
		if !found {
			t.Errorf("%s has no text of the API without the option either", where)
		}
	}
}

// TestHiddenTexts shows what a reader gets instead: testdata/hidden.txtar.
func TestHiddenTexts(t *testing.T) {
	g := openGolden(t, "../testdata/hidden.txtar")
	ray := http.Header{"Cf-Ray": {"8e1f2a3b4c5d6e7f-FRA"}}
	const some = `{"code": 9109, "message": "grace.hopper@example.org", "source": {"pointer": "/hopper"}}`
	for name, tt := range map[string]struct {
		tool      string
		api       http.Handler
		arguments string
	}{
		"error":             {"get_access_policy_test", body(403, ray, notices(some+`, {"code": 10000, "message": "Grace"}`)), goodArguments},
		"error, no text":    {"get_access_policy_test", body(404, ray, notices(`{"code": 7003}`)), goodArguments},
		"page":              {"get_access_policy_test", body(403, ray, "<title>Grace Hopper</title>"), goodArguments},
		"body":              {"get_access_policy_test", body(200, nil, "Grace Hopper"), goodArguments},
		"empty body":        {"get_access_policy_test", body(401, nil, ""), goodArguments},
		"closed connection": {"get_access_policy_test", rawAnswer(""), goodArguments},
		"not HTTP":          {"get_access_policy_test", rawAnswer("Grace Hopper\r\n\r\n"), goodArguments},
		"message":           {"get_access_policy_test", body(200, nil, `{"success": true, "messages": [`+some+`, {"code": 1}], "result": {"id": "grace.hopper@example.org", "status": "complete"}}`), goodArguments},
		"status":            {"get_access_policy_test", body(200, nil, `{"success": true, "result": {"id": "`+simulator.PolicyTestID+`", "status": "grace"}}`), goodArguments},
		"no status":         {"get_access_policy_test", body(200, nil, `{"success": true, "result": {}}`), goodArguments},
		"invalid arguments": {"get_access_policy_test", nil, `{"account_id": "a", "policy_test_id": "b", "grace": "hopper"}`},
		"age":               {"get_access_policy_test", from(2, body(503, nil, notices(some))), strings.TrimSuffix(goodArguments, "}") + `, "wait_seconds": 8}`},
		"users":             {"list_access_policy_test_users", simulator.New(), usersArguments(simulator.DocumentedID, `, "per_page": 2`)},
		"odd users":         {"list_access_policy_test_users", body(200, nil, `{"success": true, "result": [{"id": "grace.hopper@example.org", "status": "blocked"}, {"id": "a", "status": "Hopper"}, {}]}`), goodArguments},
		"look":              {"list_access_policy_test_users", from(2, body(403, nil, notices(some))), usersArguments("x", `, "per_page": 1`)},
		"start":             {"start_access_policy_test", body(200, nil, `{"success": true, "messages": [`+some+`], "result": {"id": "started", "status": "hopper"}}`), `{"account_id": "a", "policies": ["b"]}`},
		"not to be watched": {"start_access_policy_test", from(2, body(403, nil, notices(some))), `{"account_id": "a", "policies": ["b"], "wait_seconds": 45}`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				options := newOptions(t, tt.api)
				options.AllowStart, options.HideUserDetails = true, true
				result := call(t, find(t, options, tt.tool), tt.arguments)
				got := text(result, 0)
				if result.IsError {
					got += "\n" + toJSON(t, result.Meta)
				} else {
					got += "\n" + text(result, 1)
				}
				g.compare(t, name, got)
			})
		})
	}
}
