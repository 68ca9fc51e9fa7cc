package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"access-policy-mcp/server/auth"
	"access-policy-mcp/tools"
)

// handler records the request that reaches it.
type handler struct{ got *http.Request }

func (h *handler) ServeHTTP(_ http.ResponseWriter, r *http.Request) { h.got = r }

func TestRequireAccepts(t *testing.T) {
	want := tools.Caller{Name: "somebody", Accounts: []string{"a"}}
	next := &handler{}
	guarded := auth.Require("realm", func(*http.Request) (tools.Caller, error) { return want, nil }, next, func(*http.Request) { t.Error("refused") })
	// The fixed caller of a server's context must not remain in force.
	ctx := tools.WithCaller(t.Context(), tools.Caller{Name: "fixed"})
	response := httptest.NewRecorder()
	guarded.ServeHTTP(response, httptest.NewRequestWithContext(ctx, http.MethodPost, "/mcp", nil))
	if next.got == nil || response.Code != http.StatusOK || response.Header().Get("WWW-Authenticate") != "" {
		t.Fatalf("status %d, header %v", response.Code, response.Header())
	}
	got, ok := tools.CallerFrom(next.got.Context())
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("caller (-want +got):\n%s", diff)
	}
}

func TestRequireRefuses(t *testing.T) {
	const reason = "the reason is not for the client"
	refused := 0
	next := &handler{}
	// A caller that comes with an error is none.
	guarded := auth.Require("realm", func(*http.Request) (tools.Caller, error) { return tools.Caller{Name: "x"}, errors.New(reason) }, next, func(*http.Request) { refused++ })
	response := httptest.NewRecorder()
	guarded.ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", nil))
	if next.got != nil || refused != 1 {
		t.Errorf("the handler was called: %t; refused %d times", next.got != nil, refused)
	}
	if got := response.Header().Get("WWW-Authenticate"); response.Code != http.StatusUnauthorized || got != `Bearer realm="realm"` {
		t.Errorf("status %d, challenge %s", response.Code, got)
	}
	if strings.Contains(response.Body.String(), reason) {
		t.Errorf("body %s", response.Body)
	}
}
