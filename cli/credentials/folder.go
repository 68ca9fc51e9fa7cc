package credentials

import (
	"path"
	"path/filepath"
)

// Variables are the environment variables that [Folder] and [NewStore] read. APPDATA is
// AppData: on Windows, names are the same in any case.
func Variables() []string {
	return []string{"XDG_CONFIG_HOME", "HOME", "APPDATA", busVariable}
}

// Folder returns the folder of this program among those for the configuration of programs,
// as [os.UserConfigDir] would, on an operating system as in [runtime.GOOS]; "" if the
// environment does not tell. A path that is not absolute does not count.
func Folder(goos string, variable func(name string) string) string {
	const name = "access-policy-mcp"
	home := variable("HOME")
	switch config := variable("XDG_CONFIG_HOME"); {
	case goos == "windows":
		if data := variable("APPDATA"); data != "" {
			return filepath.Join(data, name)
		}
		return ""
	case goos != "darwin" && path.IsAbs(config):
		return filepath.Join(config, name)
	case !path.IsAbs(home):
		return ""
	case goos == "darwin":
		return filepath.Join(home, "Library", "Application Support", name)
	default:
		return filepath.Join(home, ".config", name)
	}
}
