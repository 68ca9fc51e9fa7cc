//go:build !unix

package clients

import (
	"io/fs"
	"os"
)

// keepAccess keeps the mode alone: a new file has the access rights of its folder.
func keepAccess(file *os.File, original fs.FileInfo) error {
	return os.Chmod(file.Name(), original.Mode().Perm())
}
