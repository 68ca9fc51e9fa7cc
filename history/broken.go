package history

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrNewer is for a file that this program does not understand, and so does not change.
var ErrNewer = errors.New("was written by a newer version of this program and is left alone")

func newerError(file string) error { return fmt.Errorf("%s %w", file, ErrNewer) }

// BrokenError says that the file is broken. What could be read of it counts.
type BrokenError struct {
	File  string
	Aside string // where a write has kept it; "" before there is one
}

// Error says what has become of the file.
func (e *BrokenError) Error() string {
	if e.Aside == "" {
		return e.File + " is broken; only what could be read of it counts"
	}
	return e.File + " was broken and was put aside as " + e.Aside + "; what could be read of it is kept"
}

// maxAside is how many broken files are kept.
const maxAside = 5

// freeName is where a broken file can be put aside: the first name that is free, or else
// that of the oldest of those which have been put aside.
func freeName(file string) string {
	var oldest string
	var age time.Time
	for i := 1; i <= maxAside; i++ {
		name := file + ".broken"
		if i > 1 {
			name += fmt.Sprintf("-%d", i)
		}
		info, err := os.Lstat(name)
		if err != nil {
			return name
		}
		if oldest == "" || info.ModTime().Before(age) {
			oldest, age = name, info.ModTime()
		}
	}
	return oldest
}
