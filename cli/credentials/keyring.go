package credentials

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/zalando/go-keyring"
)

// service names this program in the key ring. The user of an entry there is the base URL
// of the API that its token is for.
const service = "access-policy-mcp"

// busVariable tells programs where the bus is over which Linux and BSD reach the key ring.
const busVariable = "DBUS_SESSION_BUS_ADDRESS"

// PersonLimit is how long a command that a person has typed waits for the key ring: it may
// ask for its password in a window.
const PersonLimit = 30 * time.Second

// KeyRingError says why the key ring of the system cannot be used.
type KeyRingError struct {
	reason string
	remedy string
	cause  error
}

// Error is a clause for a person. It may have foreign text in it.
func (e *KeyRingError) Error() string { return "the system's key ring cannot be used: " + e.reason }

// Remedy is a clause about what a person can do to make the key ring usable; "" if that is
// nothing.
func (e *KeyRingError) Remedy() string { return e.remedy }

// Unwrap returns what the key ring said; it may be nil.
func (e *KeyRingError) Unwrap() error { return e.cause }

// hasBus reports whether the key ring can be reached without starting what it is reached
// over: a bus that is started here would be one that nobody else uses, with an empty key
// ring that nobody can unlock.
func hasBus(variable func(name string) string) bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return true
	}
	if address := variable(busVariable); address != "" && address != "autolaunch:" {
		return true
	}
	for _, name := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(filepath.Join("/run/user", strconv.Itoa(os.Getuid()), name)); err == nil {
			return true
		}
	}
	return false
}

// askKeyRing makes one call of the key ring and waits for its answer for limit at most. The
// call itself goes on then, since nothing can end it. The error is a [*KeyRingError], that
// of ctx, or [keyring.ErrNotFound].
func (s *Store) askKeyRing(ctx context.Context, limit time.Duration, call func() (string, error)) (string, error) {
	if !s.bus {
		return "", &KeyRingError{reason: "there is no session bus (D-Bus) to reach one"}
	}
	type answer struct {
		token string
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		token, err := call()
		answered <- answer{token, err}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case a := <-answered:
		return a.token, explained(a.err)
	case <-ctx.Done():
		return "", ctx.Err()
	case <-timer.C:
		return "", lateError(limit)
	}
}

// lateError is that of a key ring that has not answered within limit.
func lateError(limit time.Duration) error {
	return &KeyRingError{
		reason: fmt.Sprintf("it has not answered within %v; it may wait in a window for its password", limit),
		remedy: "look for that window, unlock the key ring and try again",
	}
}

// explained puts the errors of the key ring into words.
func explained(err error) error {
	var reason, remedy string
	switch {
	case err == nil, errors.Is(err, keyring.ErrNotFound):
		return err
	case errors.Is(err, keyring.ErrUnsupportedPlatform):
		reason = "this operating system has none that this program knows"
	case errors.Is(err, keyring.ErrSetDataTooBig):
		reason = "the token is too long for it"
	case strings.Contains(err.Error(), "was not provided by any .service files"):
		reason = "no program here offers one (org.freedesktop.secrets)"
	case strings.Contains(err.Error(), "failed to unlock"):
		reason, remedy = "it is locked", "unlock the key ring and try again"
	default:
		reason = err.Error()
	}
	return &KeyRingError{reason, remedy, err}
}
