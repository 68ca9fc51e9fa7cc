package tools_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// FuzzArguments: whatever the arguments of whichever tool, either the published
// schema admits them, and requests go to the place of just these identifiers, or
// the result says what is wrong and nothing is sent.
func FuzzArguments(f *testing.F) {
	const inline = `{"account_id":"a","policies":["p",{"name":"n","decision":"allow","include":[{"email_domain":{"domain":"<example>.com","n":1e2}}]}]}`
	for _, arguments := range []string{
		"", "null", "{}", "[]", `"a"`, "1", "{", "\xff", goodArguments, inline,
		`{"account_id":"a","policy_test_id":" b\n"}`, `{"account_id":"..","policy_test_id":"a/b"}`, `{"account_id":"a","policy_test_id":"b","x":{"y":1}}`,
		`{"policy_test_id":"b"}`, `{"policy_test_id":"%2e"}`, `{"policy_test_id":null}`, `{"policies":[]}`, `{"policies":["a b",{},1]}`, `{"policies":[{"name":"\u0000","include":[{}]}]}`,
		`{"policy_test_id":"b","wait_seconds":45.0}`, `{"policy_test_id":"b","wait_seconds":1e400}`, `{"policy_test_id":"b","wait_seconds":-0}`, `{"policy_test_id":"b","wait_seconds":1e1000001}`,
		`{"policy_test_id":"b","page":1e6,"per_page":1E0}`, `{"policy_test_id":"b","page":0,"per_page":101,"status":"success"}`,
		`{"policy_test_id":"b","status":" blocked "}`, `{"policy_test_id":"\ud800"}`, `{"\u202e\u001b[31m":1,"policy_test_id":"` + strings.Repeat("ä", 70) + `"}`,
		`{"policies":[{"\u0007":1,"name":"n","decision":"allow","include":[{"a":1,"b":2}]}],"` + strings.Repeat("\U0010ffff", 70) + `":1}`,
	} {
		f.Add([]byte(arguments), false)
		f.Add([]byte(arguments), true)
	}
	f.Fuzz(func(t *testing.T, arguments []byte, hasDefault bool) {
		defaultAccount := ""
		if hasDefault {
			defaultAccount = "default"
		}
		synctest.Test(t, func(t *testing.T) {
			var requests requestLog
			options := newOptions(t, &requests)
			options.DefaultAccountID, options.AllowStart = defaultAccount, true
			for _, tool := range newCatalog(t, options).Tools {
				requests.sent = nil
				result := call(t, tool, string(arguments))
				checkClean(t, result)
				object, admitted := admit(t, tool.Tool, arguments, defaultAccount)
				if admitted {
					requests.check(t, tool.Tool, object)
					if result.IsError {
						t.Errorf("%s: %s", tool.Tool.Name, text(result, 0))
					}
					continue
				}
				if len(requests.sent) > 0 {
					t.Errorf("%s sent %+v", tool.Tool.Name, requests.sent)
				}
				if got := errorInfo(t, result); got.Kind != cfapi.InvalidArgument || got.HTTPStatus != 0 || len(text(result, 0)) > 1200 {
					t.Errorf("%s: %+v, %d bytes: %s", tool.Tool.Name, got, len(text(result, 0)), text(result, 0))
				}
			}
		})
	})
}

// admit decodes arguments as the tools promise to, and reports whether the
// published schema admits them.
func admit(t *testing.T, tool mcp.Tool, arguments []byte, defaultAccount string) (map[string]any, bool) {
	t.Helper()
	if trimmed := bytes.TrimSpace(arguments); len(trimmed) == 0 || string(trimmed) == "null" {
		arguments = []byte("{}")
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(arguments))
	object, ok := value.(map[string]any)
	if err != nil || !ok {
		return nil, false
	}
	for name, value := range object {
		switch v := value.(type) {
		case string:
			object[name] = strings.TrimSpace(v)
		case []any:
			for i := range v {
				if s, ok := v[i].(string); ok {
					v[i] = strings.TrimSpace(s)
				}
			}
		}
	}
	if _, ok := object["account_id"]; !ok && defaultAccount != "" {
		object["account_id"] = defaultAccount
	}
	return object, compileSchema(t, tool.RawInputSchema).Validate(object) == nil
}

// requestLog is an API to which everything is fine, and which remembers what it
// was asked.
type requestLog struct {
	mu   sync.Mutex
	sent []sentRequest
}

type sentRequest struct{ method, path, query, contentType, body string }

func (l *requestLog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	l.mu.Lock()
	defer l.mu.Unlock()
	path, query, _ := strings.Cut(r.RequestURI, "?")
	l.sent = append(l.sent, sentRequest{r.Method, path, query, r.Header.Get("Content-Type"), string(body)})
	switch {
	case r.Method == http.MethodPost:
		_, _ = io.WriteString(w, `{"success":true,"result":{"id":"started","status":"success"}}`)
	case strings.HasSuffix(path, "/users"):
		_, _ = io.WriteString(w, `{"success":true,"result":[{"id":"u","email":"u@example.com","status":"blocked"}]}`)
	default:
		_, _ = io.WriteString(w, `{"success":true,"result":`+simulator.DocumentedExample+`}`)
	}
}

// check checks that the requests are those of a tool with these arguments.
func (l *requestLog) check(t *testing.T, tool mcp.Tool, arguments map[string]any) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	account, _ := arguments["account_id"].(string)
	id, hasID := arguments["policy_test_id"].(string)
	if len(l.sent) == 0 || len(l.sent) > 2 {
		t.Errorf("%s: %d requests", tool.Name, len(l.sent))
	}
	for _, r := range l.sent {
		rest, ok := strings.CutPrefix(r.path, "/accounts/"+url.PathEscape(account)+"/access/")
		elements := strings.Split(rest, "/")
		if hasID {
			ok = ok && len(elements) > 1 && elements[1] == url.PathEscape(id)
			elements = slices.Delete(elements, min(1, len(elements)), min(2, len(elements)))
		}
		for _, element := range elements {
			ok = ok && slices.Contains([]string{"policy-tests", "started", "users", "policies"}, element)
		}
		if !ok || r.method != http.MethodGet && *tool.Annotations.ReadOnlyHint || r.query != "" && slices.Equal(elements, []string{"policy-tests"}) {
			t.Errorf("%s sent %+v", tool.Name, r)
		}
		if r.method != http.MethodPost {
			continue
		}
		body, err := jsonschema.UnmarshalJSON(strings.NewReader(r.body))
		if diff := cmp.Diff(any(map[string]any{"policies": arguments["policies"]}), body); err != nil || diff != "" {
			t.Errorf("error %v, body (-want +got):\n%s", err, diff)
		}
	}
}

// FuzzErrorWording: whatever the API answers, what a model reads is clean and
// short, and lacks our secret.
func FuzzErrorWording(f *testing.F) {
	long := strings.Repeat("待", 400)
	both := `{"code":7003,"message":"` + long + `","documentation_url":"https://developers.cloudflare.com/` + strings.Repeat("a", 200) + `","source":{"pointer":"/` + long + `"}}`
	for _, data := range []string{
		"", "{}", "null", "<title>Denied | Cloudflare</title>", "error code: 1015", "\xff\x1b[31m", notices(``), notices(`null`), notices(both + "," + both),
		notices(`{"code":9109,"message":"m","error_chain":[{"code":-1,"message":"\u202e\u0000"}]}`), `{"success":true,"messages":[` + both + `],"result":{"status":"` + long + `"}}`,
		`{"success":true,"result":{"id":"` + long + `","status":"complete","total_users":1e3,"percent_approved":1e308}}`, `{"success":true,"result":[{"id":"i","email":"e","name":"` + long + `"},{}]}`,
		`{"success":true,"result":{"id":"started","status":"success"}}`,
	} {
		for _, status := range []int{200, 302, 400, 401, 403, 404, 429, 503, 522} {
			f.Add(status, "17", "8e1f2a3b4c5d6e7f-FRA", []byte(data), uint16(30))
		}
	}
	f.Add(429, "Fri, 31 Dec 9999 23:59:59 GMT", simulator.Token, []byte("a\r\nb"), uint16(0))
	f.Add(200, "-1", "\r\n", []byte(`{"success":true,"result":{}}`), uint16(3))
	f.Fuzz(func(t *testing.T, status int, retryAfter, ray string, data []byte, at uint16) {
		status = 200 + max(status-200, 0)%800
		// The secret, somewhere in the middle.
		data = slices.Insert(slices.Clone(data), min(int(at), len(data)), []byte(simulator.Token)...)
		header := http.Header{"Retry-After": {retryAfter}, "Cf-Ray": {ray}, "Location": {retryAfter}, "Ratelimit": {`"default";r=0;t=` + retryAfter}}
		synctest.Test(t, func(t *testing.T) {
			for _, tool := range everything(t, body(status, header, string(data))).Tools {
				result := call(t, tool, sampleArguments(t, tool.Tool))
				checkClean(t, result)
				if !result.IsError {
					continue
				}
				if s := text(result, 0); s == "" || len(s) >= 1200 {
					t.Errorf("%d bytes: %s", len(s), s)
				}
				meta, err := json.Marshal(result.Meta)
				if err != nil || len(meta) > 400 {
					t.Errorf("error %v, _meta has %d bytes", err, len(meta))
				}
				if got := errorInfo(t, result); got.Kind == cfapi.InvalidArgument && got.HTTPStatus == 0 || got.RetryAfterSeconds < 0 || got.RetryAfterSeconds > 3600 {
					t.Errorf("%+v", got)
				}
			}
		})
	})
}
