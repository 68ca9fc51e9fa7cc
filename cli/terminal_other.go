//go:build !windows

package cli

import "os"

// obeysSequences reports whether a terminal obeys control sequences.
func obeysSequences(*os.File) bool { return true }
