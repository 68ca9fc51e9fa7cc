package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"access-policy-mcp/cfapi"
)

// at is a moment, in seconds after the first of all.
func at(seconds int) time.Time {
	return time.Date(2026, 1, 2, 3, 4, seconds, 0, time.UTC)
}

// newTest is a test that was asked about at a moment.
func newTest(id string, seconds int) Test {
	return Test{AccountID: "account", PolicyTestID: id, AskedAt: at(seconds)}
}

// newStore is a list in a folder that does not exist yet, with a file if content is not
// "".
func newStore(t *testing.T, content string) (store *Store, file string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "state", "access-policy-mcp")
	file = filepath.Join(folder, "tests.json")
	if content != "" {
		writeTestFile(t, file, content)
	}
	return NewStore(folder), file
}

func writeTestFile(t *testing.T, file, content string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(content), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func remember(t *testing.T, store *Store, tests ...Test) {
	t.Helper()
	if err := store.Remember(t.Context(), tests...); err != nil {
		t.Fatal(err)
	}
}

// ids are those of the tests in the list, the newest first.
func ids(t *testing.T, store *Store) string {
	t.Helper()
	tests, err := store.Tests()
	if err != nil {
		t.Fatal(err)
	}
	return listed(tests)
}

func listed(tests []Test) string {
	var list []string
	for _, test := range tests {
		list = append(list, test.PolicyTestID)
	}
	return strings.Join(list, " ")
}

func readFile(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestRemember(t *testing.T) {
	store, file := newStore(t, "")
	if got := ids(t, store); got != "" {
		t.Errorf("without a file: %s", got)
	}
	if _, err := os.Stat(filepath.Dir(file)); err == nil {
		t.Error("a look at the list has made its folder")
	}
	started := newTest("a", 1)
	started.StartedAt, started.Policies = at(1), []string{"Staff"}
	remember(t, store, started, newTest("b", 2))
	asked := newTest("a", 3)
	asked.Result, asked.ReadAt = &Result{Status: cfapi.Complete, UsersBlocked: new(cfapi.Count(1<<63 - 1))}, at(9)
	remember(t, store, asked)
	want := started
	want.AskedAt, want.Result, want.ReadAt = asked.AskedAt, asked.Result, asked.ReadAt
	got, err := store.Tests()
	if diff := cmp.Diff([]Test{want, newTest("b", 2)}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	// What comes late does not replace what is newer.
	late := newTest("a", 0)
	late.Result, late.ReadAt = &Result{Status: cfapi.Processing}, at(8)
	remember(t, store, late)
	got, err = store.Tests()
	if diff := cmp.Diff([]Test{want, newTest("b", 2)}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	// Another account, and a simulation, are other tests.
	other, simulated := newTest("a", 4), newTest("a", 5)
	other.AccountID, simulated.Simulated = "other", true
	remember(t, store, other, simulated)
	if got := ids(t, store); got != "a a a b" {
		t.Errorf("%s", got)
	}
	tests, _ := store.Tests()
	for account, want := range map[string]Test{"": other, "account": tests[2], "other": other} {
		if got, ok := Newest(tests, account, false); !ok || !got.sameAs(want) {
			t.Errorf("newest of %q: %v", account, got)
		}
	}
	if got, ok := Newest(tests, "nobody", true); ok {
		t.Errorf("newest of nobody: %v", got)
	}
}

func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	store, file := newStore(t, "{}")
	if err := os.Chmod(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	remember(t, store, newTest("a", 1))
	for path, want := range map[string]os.FileMode{file: 0o600, filepath.Dir(file): 0o700 | os.ModeDir} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

// TestBounded: of each kind the newest are kept.
func TestBounded(t *testing.T) {
	store, _ := newStore(t, "")
	var tests []Test
	for i := range 3 * MaxTests {
		test := newTest(fmt.Sprint(i), i)
		test.Simulated = i%3 == 0
		tests = append(tests, test)
	}
	remember(t, store, tests...)
	got, err := store.Tests()
	if err != nil || len(got) != 2*MaxTests || !got[0].sameAs(tests[len(tests)-1]) {
		t.Fatalf("%v: %d tests, first %v", err, len(got), got[0])
	}
	simulated := slices.DeleteFunc(got, func(t Test) bool { return !t.Simulated })
	if len(simulated) != MaxTests {
		t.Errorf("%d are simulated", len(simulated))
	}
}

// TestFuture: a test whose time lies in the future does not stay the newest.
func TestFuture(t *testing.T) {
	store, _ := newStore(t, `{"tests":[{"account_id":"account","policy_test_id":"future","asked_at":"2999-01-01T00:00:00Z"}]}`)
	test := newTest("now", 0)
	test.AskedAt = time.Now()
	remember(t, store, test)
	test.AskedAt = time.Now()
	remember(t, store, test)
	if got := ids(t, store); got != "now future" {
		t.Error(got)
	}
}

// TestWritersTakeTurns: nothing is lost, and of those who claim an ID one gets it.
func TestWritersTakeTurns(t *testing.T) {
	store, file := newStore(t, "")
	var wg sync.WaitGroup
	var mu sync.Mutex
	claimed := 0
	for i := range 20 {
		wg.Go(func() {
			own := NewStore(filepath.Dir(file))
			if err := own.Remember(t.Context(), newTest(fmt.Sprint(i), i)); err != nil {
				t.Error(err)
			}
			added, err := own.Claim(t.Context(), newTest("claimed", 0))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if added {
				claimed++
			}
		})
	}
	wg.Wait()
	tests, err := store.Tests()
	if err != nil || len(tests) != 21 || claimed != 1 {
		t.Errorf("%v: %d tests, %d claims", err, len(tests), claimed)
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(entries) != 2 {
		t.Errorf("%v: besides the list and its lock there are %v", err, entries)
	}
}

// TestUnknownFields: what a newer program has added stays.
func TestUnknownFields(t *testing.T) {
	store, file := newStore(t, `{"version":1,"later":{"a":[1]},"tests":[
		{"account_id":"account","policy_test_id":"a","asked_at":"2026-01-01T00:00:00Z","note":1e400,"result":{"status":"complete","extra":true}},
		{"account_id":"account","policy_test_id":"b","asked_at":"2026-01-01T00:00:01Z","policies":{"other":"form"}},
		"something else", 7]}`)
	remember(t, store, newTest("a", 1), newTest("c", 2))
	want := `{"later":{"a":[1]},"tests":[
		{"account_id":"account","policy_test_id":"c","asked_at":"2026-01-02T03:04:02Z"},
		{"account_id":"account","policy_test_id":"a","asked_at":"2026-01-02T03:04:01Z","note":1e400,"result":{"status":"complete","extra":true}},
		{"account_id":"account","policy_test_id":"b","asked_at":"2026-01-01T00:00:01Z","policies":{"other":"form"}},
		"something else", 7],"version":1}`
	if diff := cmp.Diff(normal(t, want), normal(t, readFile(t, file))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := ids(t, store); got != "c a" {
		t.Errorf("tests that can be read: %s", got)
	}
}

// normal is JSON in one form, its numbers as they are.
func normal(t *testing.T, text string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// TestNewerVersion: a file of another format is read as far as possible and stays as it
// is.
func TestNewerVersion(t *testing.T) {
	for _, version := range []string{"2", `"2"`, "1.5"} {
		content := `{"version":` + version + `,"tests":[{"account_id":"account","policy_test_id":"a"}]}`
		store, file := newStore(t, content)
		if err := store.Remember(t.Context(), newTest("b", 1)); !errors.Is(err, ErrNewer) {
			t.Errorf("version %s: %v", version, err)
		}
		tests, err := store.Tests()
		if got := readFile(t, file); got != content || listed(tests) != "a" || !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), file) {
			t.Errorf("version %s: %v: %v: %s", version, err, tests, got)
		}
	}
}
