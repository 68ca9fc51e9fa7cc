package credentials_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/zalando/go-keyring"

	"access-policy-mcp/cli/credentials"
)

// linked makes a link, and skips the test where that is not allowed.
func linked(t *testing.T, target, link string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(link), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil && runtime.GOOS == "windows" {
		t.Skip("Windows does not let this user make links")
	} else if err != nil {
		t.Fatal(err)
	}
}

func wantLink(t *testing.T, link, target string) {
	t.Helper()
	if got, err := os.Readlink(link); err != nil || got != target {
		t.Errorf("the link is to %q: %v", got, err)
	}
}

func wantNothingIn(t *testing.T, folder string) {
	t.Helper()
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 0 {
		t.Errorf("there is %v, %v", entries, err)
	}
}

// TestLinkedFile: login leaves a link alone, and logout removes the token that it leads to.
func TestLinkedFile(t *testing.T) {
	store, elsewhere := withKeyRing(t), filepath.Join(t.TempDir(), "elsewhere.json")
	if err := os.WriteFile(elsewhere, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	linked(t, elsewhere, store.File())
	keep(t, store, inFile(api, "a"), "secret")
	wantLink(t, store.File(), elsewhere)
	wantKept(t, store, inFile(api, "a"), "secret")
	if found, err := store.Forget(t.Context(), api); !found || err != nil {
		t.Errorf("%t, %v", found, err)
	}
	wantNothingIn(t, filepath.Dir(elsewhere))
	if _, err := os.Lstat(store.File()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the link: %v", err)
	}
}

// TestLinkedFolder stays linked, and as open as it is, whatever login and logout do.
func TestLinkedFolder(t *testing.T) {
	store, elsewhere := withKeyRing(t), t.TempDir()
	folder := filepath.Dir(store.File())
	linked(t, elsewhere, folder)
	if err := os.Chmod(elsewhere, 0o755); err != nil {
		t.Fatal(err)
	}
	keyring.MockInitWithError(errors.New("away"))
	if err := store.Keep(t.Context(), inKeyRing(api, "a"), "secret"); err == nil {
		t.Error("kept without a key ring")
	}
	keyring.MockInit()
	wantLink(t, folder, elsewhere)
	wantNothingIn(t, elsewhere)
	for _, kept := range []credentials.Kept{inFile(api, "a"), inKeyRing(api, "b"), inFile(api, "c")} {
		keep(t, store, kept, "secret")
		wantLink(t, folder, elsewhere)
		wantKept(t, store, kept, "secret")
	}
	if found, err := store.Forget(t.Context(), api); !found || err != nil {
		t.Errorf("%t, %v", found, err)
	}
	wantLink(t, folder, elsewhere)
	wantNothingIn(t, elsewhere)
	if info, err := os.Stat(elsewhere); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o755) {
		t.Errorf("%v, %v", info, err)
	}
}

// TestFolderOfOthers: a login that fails leaves a folder that was there, and logout what it
// does not know.
func TestFolderOfOthers(t *testing.T) {
	store := withKeyRing(t)
	folder := filepath.Dir(store.File())
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	keyring.MockInitWithError(errors.New("away"))
	if err := store.Keep(t.Context(), inKeyRing(api, "a"), "secret"); err == nil {
		t.Error("kept without a key ring")
	}
	keyring.MockInit()
	wantNothingIn(t, folder)
	backup := store.File() + ".bak"
	if err := os.WriteFile(backup, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := store.Forget(t.Context(), api); found || err != nil {
		t.Errorf("%t, %v", found, err)
	}
	if _, err := os.Stat(backup); err != nil {
		t.Error(err)
	}
}

// TestFileRemains: a file that cannot be removed is no reason to keep the token, and the
// error tells which of both is gone.
func TestFileRemains(t *testing.T) {
	store := withKeyRing(t)
	if err := os.MkdirAll(filepath.Join(store.File(), "in the way"), 0o700); err != nil { // a folder, which is not removed
		t.Fatal(err)
	}
	if err := keyring.Set("access-policy-mcp", api, "secret"); err != nil {
		t.Fatal(err)
	}
	_, err := store.Forget(t.Context(), api)
	if _, ok := errors.AsType[*credentials.RemainsError](err); !ok {
		t.Errorf("the error is %v", err)
	}
	if _, err := keyring.Get("access-policy-mcp", api); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("in the key ring: %v", err)
	}
}
