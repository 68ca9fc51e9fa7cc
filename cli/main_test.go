package cli

import (
	"testing"

	"github.com/zalando/go-keyring"
	"go.uber.org/goleak"
)

// TestMain keeps the tests from the key ring of the developer.
func TestMain(m *testing.M) {
	keyring.MockInit()
	goleak.VerifyTestMain(m)
}
