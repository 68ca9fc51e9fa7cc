package tools_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/tiktoken-go/tokenizer"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

// What a model may have to read, in tokens.
const (
	allDefinitions     = 2200
	readingDefinitions = 1200
	getDefinition      = 700
	statusResult       = 350
	errorResult        = 200
	usersPage          = 6000
)

// tokens counts with the vocabularies of two families of models, and returns the
// larger number.
func tokens(t *testing.T, s string) int {
	t.Helper()
	most := 0
	for _, encoding := range []tokenizer.Encoding{tokenizer.Cl100kBase, tokenizer.O200kBase} {
		codec, err := tokenizer.Get(encoding)
		if err != nil {
			t.Fatal(err)
		}
		n, err := codec.Count(s)
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, n)
	}
	return most
}

// costOf is what a model may have to read of a result.
func costOf(t *testing.T, result *mcp.CallToolResult) int {
	t.Helper()
	all := ""
	for i := range result.Content {
		all += text(result, i) + "\n"
	}
	return tokens(t, all)
}

func TestCostOfDefinitions(t *testing.T) {
	reading, all := 0, 0
	for _, tool := range everything(t, http.NotFoundHandler()).Tools {
		data, err := json.Marshal(tool.Tool)
		if err != nil {
			t.Fatal(err)
		}
		n := tokens(t, string(data))
		t.Logf("%s: %d tokens", tool.Tool.Name, n)
		if tool.Tool.Name == "get_access_policy_test" && n > getDefinition {
			t.Errorf("%s costs %d tokens", tool.Tool.Name, n)
		}
		all += n
		if *tool.Tool.Annotations.ReadOnlyHint {
			reading += n
		}
	}
	if reading > readingDefinitions || all > allDefinitions {
		t.Errorf("the definitions cost %d tokens, those of the tools that read %d", all, reading)
	}
}

// longTest has figures of many digits.
const longTest = `{"success": true, "result": {"id": "f1a8b3c9d4e5f6789a0b1c2d3e4f5678a9b0c1d2e3f4a5b67890c1d2e3f4b5a6", "status": "processing",
			"percent_approved": 73.33, "percent_blocked": 13.33, "percent_errored": 13.34, "percent_users_processed": 75.55, "total_users": 123456,
			"users_approved": 68399, "users_blocked": 12433, "users_errored": 12443}}`

func TestCostOfResults(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		most   int
	}{
		"status": {200, longTest, statusResult},
		"error": {403, `{"success": false, "errors": [{"code": 9109, "message": "` + strings.Repeat("Unauthorized to access requested resource. ", 100) +
			`"}, {"code": 10000, "message": "` + strings.Repeat("\u6f22", 1000) + `"}]}`, errorResult},
	} {
		result := call(t, find(t, newOptions(t, body(tt.status, nil, tt.body)), "get_access_policy_test"), goodArguments)
		if n := costOf(t, result); n > tt.most {
			t.Errorf("%s costs %d tokens: %s", name, n, toJSON(t, result.Content))
		} else {
			t.Logf("%s: %d tokens", name, n)
		}
	}
}

// TestCostOfUsers: a page stays within its limit whatever the API sends, and whatever it
// says when the look at the next page fails.
func TestCostOfUsers(t *testing.T) {
	random := func(n int, alphabet string) string {
		runes := []rune(alphabet)
		var b strings.Builder
		for range n {
			b.WriteRune(runes[rand.IntN(len(runes))])
		}
		return b.String()
	}
	uuid := func() string {
		return random(8, "0123456789abcdef") + "-" + random(4, "0123456789abcdef") + "-4" + random(3, "0123456789abcdef") + "-a" + random(3, "0123456789abcdef") + "-" + random(12, "0123456789abcdef")
	}
	long := `{"code": 2147483647, "message": "` + strings.Repeat("\u6f22Q", 200) + `", "documentation_url": "https://developers.cloudflare.com/` + random(200, "xQ7-") +
		`", "source": {"pointer": "/` + strings.Repeat("Q~", 50) + `"}}`
	const letters = "abcdefghijklmnopqrstuvwxyz"
	for name, tt := range map[string]struct {
		user   func(i int) cfapi.User
		intact bool // e-mail addresses and names must be
	}{
		"usual": {func(i int) cfapi.User {
			return cfapi.User{ID: uuid(), Email: fmt.Sprintf("ada.lovelace%d@example.com", i), Name: "Ada Lovelace", Status: cfapi.UserBlocked}
		}, true},
		"long": {func(int) cfapi.User {
			return cfapi.User{ID: uuid(), Email: "maximilian.oberlaender-hofstaetter@subsidiary.example-corporation.com", Name: "Maximilian Oberländer-Hofstätter", Status: cfapi.UserBlocked}
		}, false},
		"letters": {func(int) cfapi.User {
			return cfapi.User{ID: random(64, letters), Email: random(254, letters), Name: random(100, letters), Status: cfapi.UserBlocked}
		}, false},
		"mixed": {func(int) cfapi.User {
			return cfapi.User{ID: uuid(), Email: random(254, "aB1cD2eF3gH4"), Name: random(100, "~!@#$%^&*()<>?"), Status: cfapi.UserBlocked}
		}, false},
		"emoji": {func(int) cfapi.User {
			return cfapi.User{ID: uuid(), Email: random(254, "😀🫠🦖𝕏𝔞"), Name: random(100, "漢字カ한ʬ꧁"), Status: cfapi.UserErrored}
		}, false},
		"escapes": {func(int) cfapi.User {
			return cfapi.User{ID: uuid(), Email: random(254, "\"\\<&>"), Name: random(100, "\\\""), Status: cfapi.UserBlocked}
		}, false},
		"no ID": {func(int) cfapi.User {
			return cfapi.User{Email: random(254, "aB1"), Name: random(100, "Zz9"), Status: cfapi.UserStatus(random(100, "xQ7"))}
		}, false},
		"only IDs": {func(int) cfapi.User { return cfapi.User{ID: uuid(), Status: cfapi.UserBlocked} }, true},
		"spaces": {func(int) cfapi.User {
			return cfapi.User{ID: uuid(), Email: random(254, "a "), Name: random(100, "Z "), Status: cfapi.UserBlocked}
		}, false},
		"other IDs": {func(int) cfapi.User { return cfapi.User{ID: random(64, "aB3_-"), Status: cfapi.UserBlocked} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			var list []cfapi.User
			for i := range 100 {
				list = append(list, tt.user(i))
			}
			data, err := json.Marshal(map[string]any{"success": true, "result": list})
			if err != nil {
				t.Fatal(err)
			}
			api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("per_page") == "1" {
					body(http.StatusBadRequest, nil, notices(long+","+long)).ServeHTTP(w, r)
					return
				}
				_, _ = w.Write(data)
			})
			result := call(t, find(t, newOptions(t, api), "list_access_policy_test_users"),
				strings.TrimSuffix(goodArguments, "}")+`, "per_page": 100}`)
			if n := costOf(t, result); n >= usersPage {
				t.Errorf("%d tokens", n)
			} else {
				t.Logf("%d tokens", n)
			}
			var page tools.UsersPage
			if err := json.Unmarshal([]byte(text(result, 1)), &page); err != nil {
				t.Fatal(err)
			}
			if len(page.Users) != 100 {
				t.Errorf("%d users", len(page.Users))
			}
			for i, u := range page.Users {
				if tt.intact && (u.Email != list[i].Email || u.Name != list[i].Name) {
					t.Fatalf("user %d was shortened: %+v", i, u)
				}
			}
			if changed := page.Users[0].ID != list[0].ID || page.Users[0].Email != list[0].Email; changed != (len(page.Warnings) > 1) {
				t.Errorf("warnings: %q", page.Warnings)
			}
		})
	}
}

// TestCostOfASmallPage: usual users of a page of the default size come whole.
func TestCostOfASmallPage(t *testing.T) {
	sim := simulator.New()
	result := call(t, find(t, newOptions(t, sim), "list_access_policy_test_users"),
		`{"account_id": "`+simulator.AccountID+`", "policy_test_id": "`+simulator.DocumentedID+`"}`)
	var page tools.UsersPage
	if err := json.Unmarshal([]byte(text(result, 1)), &page); err != nil || len(page.Users) != 15 || page.Users[0].ID == "" || page.Warnings != nil {
		t.Errorf("%v: %+v", err, page)
	}
}
