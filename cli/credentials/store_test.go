package credentials_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"access-policy-mcp/cli/credentials"
)

// The tests share the one key ring that the library has in their process, so they do not
// run in parallel.

const (
	api   = "https://api.example.com"
	other = "https://other.example.com"
)

// withKeyRing makes a new key ring in memory, and returns a store with it.
func withKeyRing(t *testing.T) *credentials.Store {
	t.Helper()
	keyring.MockInit()
	return newStore(filepath.Join(t.TempDir(), "config", "access-policy-mcp"))
}

func newStore(folder string) *credentials.Store {
	return credentials.NewStore(folder, func(string) string { return "unix:path=/nowhere" }) // a bus, which nobody asks
}

func inKeyRing(baseURL, account string) credentials.Kept {
	return credentials.Kept{BaseURL: baseURL, AccountID: account, Storage: credentials.KeyRing}
}

func inFile(baseURL, account string) credentials.Kept {
	return credentials.Kept{BaseURL: baseURL, AccountID: account, Storage: credentials.InFile}
}

func keep(t *testing.T, store *credentials.Store, kept credentials.Kept, token string) {
	t.Helper()
	if err := store.Keep(t.Context(), kept, token); err != nil {
		t.Fatal(err)
	}
}

// wantKept checks what is kept, and that the token is where it should be and nowhere else.
func wantKept(t *testing.T, store *credentials.Store, want credentials.Kept, wantToken string) {
	t.Helper()
	kept, token, err := store.Token(t.Context(), credentials.PersonLimit)
	if err != nil || kept != want || token != wantToken {
		t.Errorf("%+v, %q, %v, want %+v, %q", kept, token, err, want, wantToken)
	}
	data, _ := os.ReadFile(store.File())
	if strings.Contains(string(data), "secret") != (want.Storage == credentials.InFile) {
		t.Errorf("the file is %s", data)
	}
	for _, baseURL := range []string{api, other} {
		_, err := keyring.Get("access-policy-mcp", baseURL)
		if (err == nil) != (want.Storage == credentials.KeyRing && want.BaseURL == baseURL) {
			t.Errorf("%s: in the key ring: %v", baseURL, err)
		}
	}
}

// TestKeep: what is kept last replaces what was kept before, wherever it was.
func TestKeep(t *testing.T) {
	store := withKeyRing(t)
	wantKept(t, store, credentials.Kept{}, "")
	for _, kept := range []credentials.Kept{
		inKeyRing(api, "a"), inKeyRing(api, "b"), inKeyRing(other, ""), inFile(other, "a"), inFile(api, ""), inKeyRing(api, "a"), inFile(api, "c"),
	} {
		keep(t, store, kept, "secret-"+kept.AccountID)
		wantKept(t, store, kept, "secret-"+kept.AccountID)
	}
	files, err := os.ReadDir(filepath.Dir(store.File()))
	if err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}

// TestOthersCannotRead: the file and its folder are for their owner alone.
func TestOthersCannotRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes: the folder belongs to the user")
	}
	store := withKeyRing(t)
	if err := os.MkdirAll(filepath.Dir(store.File()), 0o755); err != nil { // by somebody else, and readable for all
		t.Fatal(err)
	}
	for _, kept := range []credentials.Kept{inFile(api, ""), inKeyRing(api, "")} {
		keep(t, store, kept, "secret")
		for path, want := range map[string]os.FileMode{store.File(): 0o600, filepath.Dir(store.File()): 0o700} {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != want {
				t.Errorf("%s: %v", path, info.Mode())
			}
		}
	}
}

// TestForget is idempotent, and finds a token without its file.
func TestForget(t *testing.T) {
	store := withKeyRing(t)
	forget := func(wantFound bool) {
		t.Helper()
		if found, err := store.Forget(t.Context(), api); found != wantFound || err != nil {
			t.Errorf("%t, %v, want %t", found, err, wantFound)
		}
		wantKept(t, store, credentials.Kept{}, "")
		if _, err := os.Stat(filepath.Dir(store.File())); err == nil {
			t.Error("the folder is still there")
		}
	}
	forget(false)
	keep(t, store, inKeyRing(api, "a"), "secret")
	forget(true)
	forget(false)
	keep(t, store, inFile(other, "a"), "secret")
	forget(true)
	keep(t, store, inKeyRing(other, "a"), "secret")
	forget(true)
	keep(t, store, inKeyRing(api, "a"), "secret")
	if err := os.Remove(store.File()); err != nil {
		t.Fatal(err)
	}
	forget(true)
	keep(t, store, inFile(api, "a"), "secret")
	if err := os.WriteFile(store.File()+".123", []byte("secret"), 0o600); err != nil { // of a login that was killed
		t.Fatal(err)
	}
	forget(true)
}

// TestFailedKeepChangesNothing, whether the key ring fails or the disk.
func TestFailedKeepChangesNothing(t *testing.T) {
	for _, before := range []credentials.Kept{inFile(api, "a"), {}} {
		store := withKeyRing(t)
		if before.Storage != "" {
			keep(t, store, before, "secret-before")
		}
		keyring.MockInitWithError(errors.New("away"))
		_, ok := errors.AsType[*credentials.KeyRingError](store.Keep(t.Context(), inKeyRing(api, "b"), "secret"))
		keyring.MockInit()
		if !ok {
			t.Error("no error of the key ring")
		}
		token := ""
		if before.Storage != "" {
			token = "secret-before"
		}
		wantKept(t, store, before, token)
		if _, err := os.Stat(filepath.Dir(store.File())); before.Storage == "" && err == nil {
			t.Error("there is a folder")
		}
	}
}

// TestUnwritable: the key ring keeps what it had if the file cannot be written.
func TestUnwritable(t *testing.T) {
	store := withKeyRing(t)
	if err := os.MkdirAll(filepath.Join(store.File(), "in the way"), 0o700); err != nil { // a folder, which no file replaces
		t.Fatal(err)
	}
	for _, before := range []string{"", "secret-before"} {
		if before != "" {
			if err := keyring.Set("access-policy-mcp", api, before); err != nil {
				t.Fatal(err)
			}
		}
		err := store.Keep(t.Context(), inKeyRing(api, ""), "secret-new")
		if err == nil || !strings.Contains(err.Error(), "cannot be written") || strings.Contains(err.Error(), "secret") {
			t.Errorf("the error is %v", err)
		}
		if token, _ := keyring.Get("access-policy-mcp", api); token != before {
			t.Errorf("the key ring has %q, want %q", token, before)
		}
	}
}

// TestKeyRingAway says why, and removes nothing that it could not remove wholly.
func TestKeyRingAway(t *testing.T) {
	for cause, want := range map[error]string{
		keyring.ErrUnsupportedPlatform: "operating system",
		keyring.ErrSetDataTooBig:       "too long",
		errors.New("The name org.freedesktop.secrets was not provided by any .service files"): "no program here offers one",
		errors.New("failed to unlock correct collection '/x'"):                                "it is locked",
		errors.New("no such thing"): "no such thing",
	} {
		store := withKeyRing(t)
		keep(t, store, inKeyRing(api, "a"), "secret")
		keyring.MockInitWithError(cause)
		_, _, err := store.Token(t.Context(), credentials.PersonLimit)
		if _, ok := errors.AsType[*credentials.KeyRingError](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", cause, err)
		}
		if _, err := store.Forget(t.Context(), api); err == nil {
			t.Errorf("%v: forgotten", cause)
		}
		if kept, err := store.Read(); err != nil || kept != inKeyRing(api, "a") {
			t.Errorf("%v: %+v, %v", cause, kept, err)
		}
	}
	keyring.MockInit()
}

// TestLeftover: a token that could not be removed from the key ring is not silently there.
func TestLeftover(t *testing.T) {
	store := withKeyRing(t)
	keep(t, store, inKeyRing(api, "a"), "secret-before")
	keyring.MockInitWithError(errors.New("away"))
	defer keyring.MockInit()
	err := store.Keep(t.Context(), inFile(api, "b"), "secret")
	if _, ok := errors.AsType[*credentials.LeftoverError](err); !ok {
		t.Errorf("the error is %v", err)
	}
	if kept, token, err := store.Token(t.Context(), credentials.PersonLimit); err != nil || kept != inFile(api, "b") || token != "secret" {
		t.Errorf("%+v, %q, %v", kept, token, err)
	}
}

// TestGone: the key ring has lost the token that the file speaks of.
func TestGone(t *testing.T) {
	store := withKeyRing(t)
	keep(t, store, inKeyRing(api, "a"), "secret")
	keyring.MockInit()
	if _, _, err := store.Token(t.Context(), credentials.PersonLimit); err == nil || !strings.Contains(err.Error(), "has no token of this program") {
		t.Errorf("the error is %v", err)
	}
	if found, err := store.Forget(t.Context(), api); !found || err != nil {
		t.Errorf("%t, %v", found, err)
	}
}

// TestNoBus: without a bus the key ring is not asked, which would start one.
func TestNoBus(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("the key ring needs no bus here")
	}
	for _, name := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(filepath.Join("/run/user", strconv.Itoa(os.Getuid()), name)); err == nil {
			t.Skip("this machine has a bus for all")
		}
	}
	keyring.MockInit()
	store := credentials.NewStore(t.TempDir(), func(string) string { return "" })
	err := store.Keep(t.Context(), inKeyRing(api, ""), "secret")
	if err == nil || !strings.Contains(err.Error(), "no session bus") {
		t.Errorf("the error is %v", err)
	}
}
