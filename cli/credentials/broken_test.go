package credentials_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"access-policy-mcp/cli/credentials"
)

// TestBrokenFiles are told in words, without what is in them, and can be replaced and
// removed.
func TestBrokenFiles(t *testing.T) {
	for content, want := range map[string]string{
		"":                       "is not the JSON that login writes",
		"{\"token\": \"secret\"": "is not the JSON that login writes",
		"[\"secret\"]":           "is not the JSON that login writes",
		"{}":                     "does not say that the token is in",
		`{"storage": "cloud", "base_url": "https://x", "token": "secret"}`: "does not say that the token is in",
		`{"storage": "file", "base_url": "https://x"}`:                     "has no token",
		`{"storage": "file", "token": "secret"}`:                           "does not say which API",
		`{"storage": 5, "token": "secret"}`:                                "is not the JSON that login writes",
		strings.Repeat(" ", 70<<10) + "{}":                                 "is not the JSON that login writes",
	} {
		store := withKeyRing(t)
		write := func() {
			if err := os.MkdirAll(filepath.Dir(store.File()), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(store.File(), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write()
		kept, err := store.Read()
		if err == nil || !strings.Contains(err.Error(), store.File()+" "+want) || strings.Contains(err.Error(), "secret") || kept != (credentials.Kept{}) {
			t.Errorf("%.50s: %+v, %v", content, kept, err)
		}
		keyring.MockInitWithError(errors.New("away"))
		_, err = store.Forget(t.Context(), api)
		if _, ok := errors.AsType[*credentials.KeyRingError](err); !ok {
			t.Errorf("%.50s: a key ring that cannot be asked: %v", content, err)
		}
		keyring.MockInit()
		if err := errors.Join(keyring.Set("access-policy-mcp", other, "secret"), keyring.Set("another program", other, "secret")); err != nil {
			t.Fatal(err)
		}
		if found, err := store.Forget(t.Context(), api); !found || err != nil {
			t.Errorf("%.50s: %t, %v", content, found, err)
		}
		wantKept(t, store, credentials.Kept{}, "")
		if _, err := keyring.Get("another program", other); err != nil {
			t.Errorf("%.50s: of another program: %v", content, err)
		}
		write()
		keep(t, store, inKeyRing(api, "a"), "secret")
		wantKept(t, store, inKeyRing(api, "a"), "secret")
	}
}

// TestNoRegularFile: what may block is not opened.
func TestNoRegularFile(t *testing.T) {
	store := withKeyRing(t)
	if err := os.MkdirAll(store.File(), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Read(); err == nil || !strings.Contains(err.Error(), "is not a regular file") {
		t.Errorf("the error is %v", err)
	}
}

// FuzzRead: no file makes it panic, and what it accepts says where the token is.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"base_url": "https://x", "account_id": "a", "storage": "keyring"}`))
	f.Add([]byte(`{"base_url": "https://x", "storage": "file", "token": "t", "more": [1]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		store := newStore(t.TempDir())
		if err := os.WriteFile(store.File(), data, 0o600); err != nil {
			t.Fatal(err)
		}
		kept, err := store.Read()
		if err == nil && (kept.BaseURL == "" || kept.Storage != credentials.KeyRing && kept.Storage != credentials.InFile) {
			t.Errorf("%+v", kept)
		}
	})
}

// TestFolder is where os.UserConfigDir would have it.
func TestFolder(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		goos string
		env  map[string]string
		want string
	}{
		{"linux", map[string]string{"HOME": "/home/a"}, "/home/a/.config/access-policy-mcp"},
		{"linux", map[string]string{"HOME": "/home/a", "XDG_CONFIG_HOME": "/x"}, "/x/access-policy-mcp"},
		{"linux", map[string]string{"HOME": "/home/a", "XDG_CONFIG_HOME": "x"}, "/home/a/.config/access-policy-mcp"},
		{"linux", map[string]string{"HOME": "a"}, ""},
		{"freebsd", map[string]string{"XDG_CONFIG_HOME": "/x"}, "/x/access-policy-mcp"},
		{"darwin", map[string]string{"HOME": "/Users/a", "XDG_CONFIG_HOME": "/x"}, "/Users/a/Library/Application Support/access-policy-mcp"},
		{"windows", map[string]string{"APPDATA": "/a/Roaming", "HOME": "/a"}, "/a/Roaming/access-policy-mcp"},
		{"windows", map[string]string{"HOME": "/a"}, ""},
	} {
		got := credentials.Folder(tt.goos, func(name string) string { return tt.env[name] })
		if filepath.ToSlash(got) != tt.want {
			t.Errorf("%s, %v: %q, want %q", tt.goos, tt.env, got, tt.want)
		}
	}
}

// TestFolderOfTheLibrary: both say the same where the library says anything.
func TestFolderOfTheLibrary(t *testing.T) {
	for _, env := range []map[string]string{
		{"HOME": "/home/a", "APPDATA": `C:\a`, "XDG_CONFIG_HOME": ""}, {"HOME": "/home/a", "APPDATA": `C:\b`, "XDG_CONFIG_HOME": "/x"},
	} {
		for name, value := range env {
			t.Setenv(name, value)
		}
		want, err := os.UserConfigDir()
		if got := credentials.Folder(runtime.GOOS, func(name string) string { return env[name] }); err != nil || got != filepath.Join(want, "access-policy-mcp") {
			t.Errorf("%q, but the library says %q, %v", got, want, err)
		}
	}
}
