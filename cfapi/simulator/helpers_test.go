package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// reply is an answer as a client without any knowledge of the API sees it.
type reply struct {
	status int
	header http.Header
	body   string
}

// wire is the documented envelope, declared here once more so that the
// simulator is not measured by its own declaration.
type wire struct {
	Success bool `json:"success"`
	Errors  []struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Chain   []struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		} `json:"error_chain"`
	} `json:"errors"`
	Messages []any             `json:"messages"`
	Result   *cfapi.PolicyTest `json:"result"`
}

func (r reply) wire(t *testing.T) wire {
	t.Helper()
	var w wire
	if err := json.Unmarshal([]byte(r.body), &w); err != nil {
		t.Fatalf("body %q: %v", r.body, err)
	}
	if w.Errors == nil || w.Messages == nil {
		t.Errorf("body %q lacks a list of errors or messages", r.body)
	}
	if got := r.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("content type is %q", got)
	}
	return w
}

// codes returns the outer error codes of a failure.
func (r reply) codes(t *testing.T) []int {
	t.Helper()
	w := r.wire(t)
	if w.Success || w.Result != nil {
		t.Errorf("body %q is not a failure", r.body)
	}
	var codes []int
	for _, e := range w.Errors {
		if e.Message == "" {
			t.Errorf("error %d has no message", e.Code)
		}
		codes = append(codes, e.Code)
	}
	return codes
}

// result returns the figures of a success.
func (r reply) result(t *testing.T) cfapi.PolicyTest {
	t.Helper()
	w := r.wire(t)
	if r.status != http.StatusOK || !w.Success || len(w.Errors) != 0 || w.Result == nil {
		t.Fatalf("HTTP %d, %q is not a success", r.status, r.body)
	}
	return *w.Result
}

// wantFailure checks status and codes of a failure.
func wantFailure(t *testing.T, r reply, status int, codes ...int) {
	t.Helper()
	if got := r.codes(t); r.status != status || !slices.Equal(got, codes) {
		t.Errorf("HTTP %d with codes %v, want HTTP %d with %v", r.status, got, status, codes)
	}
}

// serve returns a client whose requests all reach handler.
func serve(t *testing.T, handler http.Handler) *http.Client {
	t.Helper()
	transport, stop := simulator.Serve(handler)
	t.Cleanup(stop)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func newRequest(t *testing.T, method, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func do(t *testing.T, client *http.Client, req *http.Request) reply {
	t.Helper()
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(body)}
}

func testURL(base, account, test string) string {
	return base + "/accounts/" + account + "/access/policy-tests/" + test
}

// ask reads a test of the example account with the right token.
func ask(t *testing.T, client *http.Client, test string) reply {
	t.Helper()
	req := newRequest(t, http.MethodGet, testURL(simulator.BaseURL, simulator.AccountID, test))
	req.Header.Set("Authorization", "Bearer "+simulator.Token)
	return do(t, client, req)
}
