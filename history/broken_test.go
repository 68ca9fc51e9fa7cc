package history

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"access-policy-mcp/cfapi"
)

const (
	entryA = `{"account_id":"account","policy_test_id":"a","asked_at":"2026-01-01T00:00:02Z"}`
	entryB = `{"account_id":"account","policy_test_id":"b","asked_at":"2026-01-01T00:00:01Z"}`
)

// TestBroken: what can be read of a broken file is kept, and the file too.
func TestBroken(t *testing.T) {
	for content, want := range map[string]string{
		"nonsense":         "",
		"[]":               "",
		"null":             "",
		"\x00\x00\x00\x00": "",
		`{"tests":{}}`:     "",
		`{"tests":[` + entryA + `,` + entryB + `,{"acc`:                         "a b",
		`{"tests":[` + entryA + `,` + entryB + `]`:                              "a b",
		`{"tests":[` + entryA + `]}}`:                                           "a",
		`{"tests":[` + entryA + strings.Repeat("\x00", 100):                     "a",
		`{"tests":[` + entryA + `],"x":"` + strings.Repeat("x", maxFile) + `"}`: "a",
	} {
		store, file := newStore(t, content)
		tests, err := store.Tests()
		if got := listed(tests); got != want {
			t.Errorf("%.80q: %q can be read, want %q", content, got, want)
		}
		if broken, ok := errors.AsType[*BrokenError](err); !ok || *broken != (BrokenError{File: file}) {
			t.Errorf("%.80q: reading it: %v", content, err)
		}
		err = store.Remember(t.Context(), newTest("new", 1))
		if broken, ok := errors.AsType[*BrokenError](err); !ok || *broken != (BrokenError{file, file + ".broken"}) {
			t.Errorf("%.80q: writing it: %v", content, err)
		}
		if got := ids(t, store); got != strings.TrimSpace("new "+want) {
			t.Errorf("%.80q: then there are %q", content, got)
		}
		if got := readFile(t, file+".broken"); got != content {
			t.Errorf("%.80q: put aside is %.80q", content, got)
		}
	}
}

// TestBrokenAgain: no broken file takes the place of another while there are few, and
// then that of the oldest.
func TestBrokenAgain(t *testing.T) {
	store, file := newStore(t, "")
	names := []string{".broken", ".broken-2", ".broken-3", ".broken-4", ".broken-5", ".broken"}
	for i, name := range names {
		writeTestFile(t, file, fmt.Sprint("nonsense ", i))
		if err := os.Chtimes(file, at(i), at(i)); err != nil {
			t.Fatal(err)
		}
		err := store.Remember(t.Context(), newTest("new", 1))
		if broken, ok := errors.AsType[*BrokenError](err); !ok || broken.Aside != file+name {
			t.Errorf("%d: %v", i, err)
		}
	}
	for i, name := range names[1:] {
		want := fmt.Sprint("nonsense ", i+1)
		if got := readFile(t, file+name); got != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
}

// TestNotBroken: these are as good as no file.
func TestNotBroken(t *testing.T) {
	for content, want := range map[string]string{
		" \n":                                "",
		"{}":                                 "",
		"\ufeff{\"tests\":[" + entryA + "]}": "a",
		`{"tests":[{}, {"account_id":"account"}, {"account_id":"` + strings.Repeat("x", 33) + `","policy_test_id":"x"}, null, ` + entryA + `]}`: "a",
	} {
		store, file := newStore(t, content)
		remember(t, store, newTest("new", 1))
		if got := ids(t, store); got != strings.TrimSpace("new "+want) {
			t.Errorf("%.80q: there are %q", content, got)
		}
		if _, err := os.Stat(file + ".broken"); err == nil {
			t.Errorf("%.80q counts as broken", content)
		}
	}
}

// TestHostileFile: no text of the file can do anything to a terminal.
func TestHostileFile(t *testing.T) {
	store, _ := newStore(t, `{"tests":[{"account_id":"account","policy_test_id":"a","policies":["\u001b[31mred\u001b]0;title\u0007\n\u202e","`+
		strings.Repeat("x", 10_000)+`"],"result":{"status":"complete\r\u0007"}}]}`)
	tests, err := store.Tests()
	if err != nil || len(tests) != 1 {
		t.Fatal(err, tests)
	}
	if got := tests[0]; got.Policies[0] != "red" || len([]rune(got.Policies[1])) != maxText || got.Result.Status != cfapi.Complete {
		t.Errorf("%q %q", got.Policies, got.Result.Status)
	}
}

// TestLinks: a link to the file, also to one that is not there yet, stays a link.
func TestLinks(t *testing.T) {
	store, file := newStore(t, "{}")
	folder := filepath.Dir(file)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere.json")
	for _, link := range [][2]string{{"second", file}, {elsewhere, filepath.Join(folder, "second")}} {
		_ = os.Remove(link[1])
		if err := os.Symlink(link[0], link[1]); err != nil {
			t.Skip(err)
		}
	}
	remember(t, store, newTest("a", 1))
	remember(t, store, newTest("b", 2))
	if info, err := os.Lstat(file); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%v: the link has become %v", err, info)
	}
	if got := ids(t, store); got != "b a" || !strings.Contains(readFile(t, elsewhere), `"b"`) {
		t.Errorf("%s, and in the file: %s", got, readFile(t, elsewhere))
	}
	if info, err := os.Stat(elsewhere); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("%v: %v", err, info)
	}
	// Links in a circle are an error and stay.
	if err := os.Remove(filepath.Join(folder, "second")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, filepath.Join(folder, "second")); err != nil {
		t.Fatal(err)
	}
	if err := store.Remember(t.Context(), newTest("c", 3)); err == nil || !strings.Contains(err.Error(), "symbolic links") {
		t.Error(err)
	}
}

// TestNoPlace: where nothing can be written there is an error, and nothing is replaced.
func TestNoPlace(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	writeTestFile(t, blocked, "precious")
	store := NewStore(filepath.Join(blocked, "access-policy-mcp"))
	if err := store.Remember(t.Context(), newTest("a", 1)); err == nil {
		t.Error("there is a folder in a file")
	}
	store, file := newStore(t, "")
	if err := os.MkdirAll(filepath.Join(file, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := store.Remember(t.Context(), newTest("a", 1)); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Error(err)
	}
	if _, err := store.Tests(); err == nil {
		t.Error("a folder can be read")
	}
}

func TestFolder(t *testing.T) {
	for _, tt := range []struct {
		goos string
		env  map[string]string
		want string
	}{
		{"linux", map[string]string{"XDG_STATE_HOME": "/state", "HOME": "/home/a"}, "/state/access-policy-mcp"},
		{"linux", map[string]string{"XDG_STATE_HOME": "state", "HOME": "/home/a"}, "/home/a/.local/state/access-policy-mcp"},
		{"freebsd", map[string]string{"HOME": "/home/a"}, "/home/a/.local/state/access-policy-mcp"},
		{"linux", map[string]string{"HOME": "home"}, ""},
		{"linux", nil, ""},
		{"darwin", map[string]string{"XDG_STATE_HOME": "/state", "HOME": "/Users/a"}, "/Users/a/Library/Application Support/access-policy-mcp"},
		{"darwin", map[string]string{"XDG_STATE_HOME": "/state"}, ""},
		{"windows", map[string]string{"HOME": "/home/a"}, ""},
		{"windows", map[string]string{"LOCALAPPDATA": "/Users/a/AppData/Local"}, "/Users/a/AppData/Local/access-policy-mcp"},
	} {
		if got := Folder(tt.goos, func(name string) string { return tt.env[name] }); filepath.ToSlash(got) != tt.want {
			t.Errorf("%s, %v: %s, want %s", tt.goos, tt.env, got, tt.want)
		}
	}
}

// FuzzDecode: whatever is in the file, what can be read of it is fit to be used, and
// writing it again changes nothing of that.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "{}", "[", `{"tests":[` + entryA + `,` + entryB + `,7]}`, `{"version":2,"tests":[` + entryA, `{"tests":[],"tests":[` + entryB + `]}`,
		`{"tests":[{"account_id":"a","policy_test_id":"b","policies":["\u001b"],"result":{"users_blocked":1e1,"percent_blocked":1e400}}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, _ := decode(data)
		before := doc.tests()
		for _, test := range before {
			if test.AccountID == "" || test.PolicyTestID == "" || len(test.PolicyTestID) > cfapi.MaxPolicyTestID || len(test.Policies) > maxPolicies {
				t.Fatalf("%+v", test)
			}
			for _, policy := range test.Policies {
				if policy != cfapi.Visible(policy) {
					t.Fatalf("%q", policy)
				}
			}
		}
		entries := len(doc.entries)
		written, err := doc.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := decode(written)
		if err != nil || len(again.entries) != entries || len(again.tests()) != len(before) {
			t.Fatalf("%v: %d entries of %d: %s", err, len(again.entries), entries, written)
		}
		doc.remember(newTest("new", 1))
		if len(doc.entries) == 0 || len(doc.tests()) == 0 {
			t.Fatal("nothing is remembered")
		}
	})
}
