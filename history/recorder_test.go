package history

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"
)

// TestRecorder: tests are written without anybody waiting for it, with pauses, and at
// the end at once.
func TestRecorder(t *testing.T) {
	store, _ := newStore(t, "")
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		recorder := NewRecorder(store, func(err error) { t.Error(err) })
		recorder.Flush(time.Minute) // there is nothing
		recorder = NewRecorder(store, func(err error) { t.Error(err) })
		recorder.Remember(newTest("a", 1))
		synctest.Wait()
		if got := ids(t, store); got != "a" {
			t.Errorf("at first: %s", got)
		}
		for i := range 2 * MaxTests {
			recorder.Remember(newTest("b", 2+i))
			recorder.Remember(newTest(fmt.Sprintf("c%d", i), 1000+i))
		}
		recorder.Remember(newTest("last", 5000))
		synctest.Wait()
		if got := ids(t, store); got != "a" {
			t.Errorf("without a pause: %s", got)
		}
		if len(recorder.pending) != MaxTests {
			t.Errorf("%d tests are pending", len(recorder.pending))
		}
		recorder.Flush(time.Minute)
		if tests, err := store.Tests(); err != nil || len(tests) != MaxTests || tests[0].PolicyTestID != "last" {
			t.Errorf("%v: %d tests at the end", err, len(tests))
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("somebody waited %v", took)
		}
	})
}

// TestRecorderWaits: as long as another process has the lock nothing is written, nobody
// waits longer than they want to, and in the end there is an error.
func TestRecorderWaits(t *testing.T) {
	store, file := newStore(t, "{}")
	lock := flock.New(filepath.Join(filepath.Dir(file), lockName))
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	synctest.Test(t, func(t *testing.T) {
		var failure error
		began := time.Now()
		recorder := NewRecorder(store, func(err error) { failure = err })
		recorder.Remember(newTest("a", 1))
		recorder.Flush(time.Second)
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %v to give up", took)
		}
		recorder.Flush(time.Minute)
		if took := time.Since(began); !errors.Is(failure, context.DeadlineExceeded) || took != lockTime {
			t.Errorf("%v after %v", failure, took)
		}
	})
	if got := readFile(t, file); got != "{}" {
		t.Errorf("the file is now %s", got)
	}
}

// TestRecorderFails: a place that cannot be written to is an error and nothing else.
func TestRecorderFails(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	failures := 0
	recorder := NewRecorder(NewStore(filepath.Join(blocked, "x")), func(error) { failures++ })
	recorder.Remember(newTest("a", 1))
	recorder.Flush(time.Minute)
	recorder.Remember(newTest("b", 2))
	recorder.Flush(time.Minute)
	if failures != 2 {
		t.Errorf("%d failures", failures)
	}
}
