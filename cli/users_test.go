package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"access-policy-mcp/cfapi"
)

// usersAPI is an API with so many users in a test. requests are the queries that came.
type usersAPI struct {
	users    func(i int) cfapi.User // of the i-th user, from 0
	count    int
	answer   func(page int, w http.ResponseWriter) bool // whether it has answered itself; may be nil
	requests []string
}

func (a *usersAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	page, _ := strconv.Atoi(query.Get("page"))
	perPage, _ := strconv.Atoi(query.Get("per_page"))
	a.requests = append(a.requests, query.Encode())
	if a.answer != nil && a.answer(page, w) {
		return
	}
	users := []cfapi.User{}
	for i := (page - 1) * perPage; i < min(page*perPage, a.count); i++ {
		users = append(users, a.users(i))
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"success": true, "result": users})
}

// user has the longest e-mail address and name that come through.
func user(i int) cfapi.User {
	id := fmt.Sprintf("%08d-5a3c-4e7d-9b1f-0123456789ab", i)
	return cfapi.User{ID: id, Email: strings.Repeat("e", 242) + "@example.com", Name: strings.Repeat("名", 100), Status: cfapi.UserBlocked}
}

// shortUser has nothing but an ID and a status.
func shortUser(i int) cfapi.User { return cfapi.User{ID: strconv.Itoa(i), Status: cfapi.UserBlocked} }

// runUsers runs the command users against the API.
func runUsers(t *testing.T, api http.Handler, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	server := httptest.NewServer(api)
	defer server.Close()
	env := []string{"CLOUDFLARE_BASE_URL=" + server.URL, "CLOUDFLARE_API_TOKEN=secret-token", "CLOUDFLARE_ACCOUNT_ID=a"}
	return run(t, env, append([]string{"users", "x"}, args...)...)
}

func line(u cfapi.User) string {
	return strings.Join([]string{string(u.Status), u.Email, u.Name, u.ID}, "\t")
}

// usersDocument is the JSON document of the command users.
type usersDocument struct {
	Users   []cfapi.User
	PerPage int `json:"per_page"`
	Page    int
	More    bool
	Summary string

	Warnings []string
}

func parseUsers(t *testing.T, stdout string) usersDocument {
	t.Helper()
	var document usersDocument
	if err := json.Unmarshal([]byte(stdout), &document); err != nil || strings.Count(stdout, "\n") != 1 {
		t.Fatalf("%v: %.200s", err, stdout)
	}
	return document
}

// TestUsersAll: nothing is lost or cut, and a page of 1,000 is one request.
func TestUsersAll(t *testing.T) {
	for _, tt := range []struct {
		user            func(int) cfapi.User
		count, requests int
	}{{user, 0, 1}, {user, 1, 1}, {user, 1001, 2}, {shortUser, 999, 1}, {shortUser, 1000, 2}, {shortUser, 9999, 10}, {shortUser, 10_000, 11}} {
		api := &usersAPI{users: tt.user, count: tt.count}
		status, stdout, stderr := runUsers(t, api, "--all", "--status", "blocked")
		lines := strings.Split(stdout, "\n")
		if status != 0 || stderr != "" || len(lines) != tt.count+1 || len(api.requests) != tt.requests {
			t.Errorf("%d users: %d: %d lines, %d requests: %s", tt.count, status, len(lines)-1, len(api.requests), stderr)
		}
		for i := range tt.count {
			if lines[i] != line(tt.user(i)) {
				t.Fatalf("user %d is %s", i, lines[i])
			}
		}
		if api.requests[0] != "page=1&per_page=1000&status=fail" {
			t.Error(api.requests[0])
		}
	}
	api := &usersAPI{users: user, count: 1500}
	status, stdout, _ := runUsers(t, api, "--all", "--json")
	document := parseUsers(t, stdout)
	if status != 0 || len(document.Users) != 1500 || document.Users[1499] != user(1499) || document.More || document.PerPage != 1500 || document.Page != 1 || document.Summary != "1500 users." {
		t.Errorf("%d: %d users: %+v", status, len(document.Users), document.Summary)
	}
}

// TestUsersPage: nothing on a page is lost or cut, and whether there are more is known.
func TestUsersPage(t *testing.T) {
	for name, tt := range map[string]struct {
		count    int
		args     string
		first, n int
		stderr   string
		requests []string
	}{
		"not full": {7, "", 0, 7, "Page 1: 7 users. There are no more.\n", []string{"page=1&per_page=25"}},
		"full":     {150, "--per-page 100", 0, 100, "Page 1: 100 users. More on page 2.\n", []string{"page=1&per_page=100", "page=101&per_page=1"}},
		"last":     {150, "--per-page 50 --page 3", 100, 50, "Page 3: 50 users. There are no more.\n", []string{"page=3&per_page=50", "page=151&per_page=1"}},
		"one":      {1, "", 0, 1, "Page 1: 1 user. There are no more.\n", []string{"page=1&per_page=25"}},
		"none":     {1, "--page 2", 0, 0, "Page 2: 0 users. There are no more.\n", []string{"page=2&per_page=25"}},
	} {
		t.Run(name, func(t *testing.T) {
			api := &usersAPI{users: user, count: tt.count}
			status, stdout, stderr := runUsers(t, api, strings.Fields(tt.args)...)
			var want strings.Builder
			for i := tt.first; i < tt.first+tt.n; i++ {
				want.WriteString(line(user(i)) + "\n")
			}
			if status != 0 || stdout != want.String() || stderr != tt.stderr || !slices.Equal(api.requests, tt.requests) {
				t.Errorf("%d: %d lines: %s%q", status, strings.Count(stdout, "\n"), stderr, api.requests)
			}
		})
	}
}

// failing answers with an error from a page on. The error names a user.
func failing(from int) func(int, http.ResponseWriter) bool {
	return func(page int, w http.ResponseWriter) bool {
		if page < from {
			return false
		}
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"success":false,"errors":[{"code":10000,"message":"secret-token may not see adam@example.com"}]}`))
		return true
	}
}

// TestUsersFailure: what has been read stands, and the error follows.
func TestUsersFailure(t *testing.T) {
	api := &usersAPI{users: shortUser, count: 5000, answer: failing(3)}
	status, stdout, stderr := runUsers(t, api, "--all")
	if status != 1 || strings.Count(stdout, "\n") != 2000 || !strings.HasPrefix(stderr, "access-policy-mcp: Cloudflare refused access: HTTP 403, 10000 ") {
		t.Errorf("%d: %d lines: %s", status, strings.Count(stdout, "\n"), stderr)
	}
	status, stdout, stderr = runUsers(t, api, "--all", "--json")
	document := parseUsers(t, stdout)
	if status != 1 || len(document.Users) != 2000 || !document.More || len(document.Warnings) != 1 || !strings.Contains(stderr, document.Warnings[0]) {
		t.Errorf("%d: %d users: %s: %s", status, len(document.Users), document.Summary, stderr)
	}

	// The page that was asked for is there, whatever becomes of the look at the next.
	for _, args := range []string{"", "--json"} {
		api = &usersAPI{users: user, count: 5000, answer: failing(26)}
		status, stdout, stderr = runUsers(t, api, strings.Fields(args)...)
		said := stderr
		if args == "--json" {
			said = stdout
		}
		if status != 0 || strings.Count(stdout, "example.com") < 25 || !strings.Contains(said, "Page 1: 25 users. Whether there are more is not known: Cloudflare refused access") {
			t.Errorf("%d: %s", status, stderr)
		}
	}
	if document := parseUsers(t, stdout); !document.More || len(document.Warnings) != 1 {
		t.Errorf("%+v", document)
	}

	for _, args := range []string{"", "--all", "--json", "--all --json"} {
		api = &usersAPI{users: user, answer: failing(1)}
		status, stdout, stderr = runUsers(t, api, append(strings.Fields(args), "--hide-user-details")...)
		if status != 1 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, `HTTP 403, 10000 "…". Check`) || strings.Contains(stderr, "adam") {
			t.Errorf("%s: %d: %s%s", args, status, stdout, stderr)
		}
	}
}

// TestUsersEndless: an API that never comes to an end is given up.
func TestUsersEndless(t *testing.T) {
	same := &usersAPI{users: func(i int) cfapi.User { return shortUser(i % 1000) }, count: 1 << 40}
	status, stdout, stderr := runUsers(t, same, "--all")
	if status != 1 || strings.Count(stdout, "\n") != 1000 || len(same.requests) != 2 || !strings.Contains(stderr, "page 2 has the same users as page 1") {
		t.Errorf("%d: %d lines: %s", status, strings.Count(stdout, "\n"), stderr)
	}
	inTurn := &usersAPI{users: func(i int) cfapi.User { return shortUser(i % 3000) }, count: 1 << 40}
	status, stdout, stderr = runUsers(t, inTurn, "--all", "--json")
	if document := parseUsers(t, stdout); status != 1 || len(document.Users) != 3000 || !document.More || !strings.Contains(stderr, "page 4 has the same users as page 1") {
		t.Errorf("%d: %d users: %s", status, len(document.Users), stderr)
	}

	others := &usersAPI{users: shortUser, count: 1 << 40}
	server := httptest.NewServer(others)
	defer server.Close()
	client, err := cfapi.New(cfapi.Config{BaseURL: server.URL, Credentials: cfapi.Credentials{Token: "t"}})
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	reader := usersReader{client: client, query: usersQuery{accountID: "a", policyTestID: "x"}, maxPages: 5}
	more, err := reader.readAll(t.Context(), func(users []cfapi.User) error { shown += len(users); return nil })
	if err == nil || !more || shown != 5000 || len(others.requests) != 5 || !strings.Contains(err.Error(), "more than 5 pages of 1000 users") {
		t.Errorf("%v after %d users", err, shown)
	}
}

// TestUsersForeignText: no control character of a name reaches a terminal or a table, and
// --hide-user-details leaves addresses and names out.
func TestUsersForeignText(t *testing.T) {
	api := &usersAPI{count: 1, users: func(int) cfapi.User {
		return cfapi.User{ID: "1\t2", Email: "a\n@example.com", Name: "\x1b[31mEve\x1b]0;x\x07\r\u202e\u009b2J\tx", Status: "blo\x00cked"}
	}}
	for _, args := range []string{"", "--all"} {
		if status, stdout, stderr := runUsers(t, api, strings.Fields(args)...); status != 0 || stdout != "blocked\ta @example.com\tEve x\t1 2\n" {
			t.Errorf("%s: %d: %q%s", args, status, stdout, stderr)
		}
		for _, format := range []string{"", "--json"} {
			status, stdout, stderr := runUsers(t, api, append(strings.Fields(args+" "+format), "--hide-user-details")...)
			if status != 0 || strings.Contains(stdout+stderr, "Eve") || strings.Contains(stdout+stderr, "@") {
				t.Errorf("%s: %d: %q%s", args, status, stdout, stderr)
			}
		}
	}
}

// TestUsersUsage: all that is wrong is said at once, and nothing is sent.
func TestUsersUsage(t *testing.T) {
	api := &usersAPI{}
	status, stdout, stderr := runUsers(t, api, "--account-id", "a/b", "--status", "fail", "--page", "0", "--per-page", "101")
	if status != exitUsage || stdout != "" || len(api.requests) != 0 {
		t.Errorf("%d: %s", status, stdout)
	}
	for _, want := range []string{"--account-id or CLOUDFLARE_ACCOUNT_ID): only letters", "--status must be", "--page must be", "--per-page must be"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q is not in %s", want, stderr)
		}
	}
	for _, id := range []string{"..", "a/b", strings.Repeat("a", 65), "a?b"} {
		status, _, stderr := run(t, []string{"CLOUDFLARE_API_TOKEN=t", "CLOUDFLARE_ACCOUNT_ID=a"}, "users", id, "--all")
		if status != exitUsage || !strings.Contains(stderr, "the ID of the test: only letters") {
			t.Errorf("%q: %d: %s", id, status, stderr)
		}
	}
	if status, _, stderr := run(t, []string{"CLOUDFLARE_API_TOKEN=t"}, "users", "x"); status != exitUsage || !strings.Contains(stderr, "an account is missing: add --account-id ID or set CLOUDFLARE_ACCOUNT_ID") {
		t.Errorf("%d: %s", status, stderr)
	}
	if status, _, stderr := run(t, []string{"CLOUDFLARE_ACCOUNT_ID=a"}, "users", "x"); status != exitUsage || !strings.Contains(stderr, "a Cloudflare API token is missing: run access-policy-mcp login, or set CLOUDFLARE_API_TOKEN") {
		t.Errorf("%d: %s", status, stderr)
	}
}
