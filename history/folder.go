package history

import (
	"path"
	"path/filepath"
)

// Variables are the environment variables that [Folder] reads. LOCALAPPDATA is
// LocalAppData: on Windows, names are the same in any case.
func Variables() []string { return []string{"XDG_STATE_HOME", "HOME", "LOCALAPPDATA"} }

// Folder returns the folder of this program among those for the state of programs, on an
// operating system as in [runtime.GOOS]; "" if the environment does not tell. A path
// that is not absolute does not count, as the XDG Base Directory Specification wants it.
func Folder(goos string, variable func(name string) string) string {
	const name = "access-policy-mcp"
	home := variable("HOME")
	switch state := variable("XDG_STATE_HOME"); {
	case goos == "windows":
		if local := variable("LOCALAPPDATA"); local != "" {
			return filepath.Join(local, name)
		}
		return ""
	case goos != "darwin" && path.IsAbs(state):
		return filepath.Join(state, name)
	case !path.IsAbs(home):
		return ""
	case goos == "darwin":
		return filepath.Join(home, "Library", "Application Support", name)
	default:
		return filepath.Join(home, ".local", "state", name)
	}
}
