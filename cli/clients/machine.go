package clients

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
)

// Operating systems, as in [runtime.GOOS]. Any other is taken for Linux.
const (
	macOS   = "darwin"
	linux   = "linux"
	windows = "windows"
)

// Variables are the environment variables that paths depend on, and PATH with PATHEXT,
// which find the clients' own commands. On Windows, names are the same in any case.
func Variables() []string {
	return []string{"HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "CODEX_HOME", "CLAUDE_CONFIG_DIR", "GEMINI_CLI_HOME", "PATH", "PATHEXT"}
}

// Machine is what the places of files depend on.
type Machine struct {
	GOOS     string                   // as in [runtime.GOOS]
	Variable func(name string) string // of the environment, one of [Variables]; "" if it is not set
	Folder   string                   // of the project: the working folder
}

// places are the paths of one file on each operating system. They begin with "~", the
// home folder, or with %APPDATA% or %LOCALAPPDATA%. An empty one says that the client does
// not exist there.
type places struct{ macOS, linux, windows string }

// on is the place on an operating system.
func (p places) on(goos string) string {
	switch goos {
	case macOS:
		return p.macOS
	case windows:
		return p.windows
	default:
		return p.linux
	}
}

// everywhere are the places of a file that is in the home folder on every system.
func everywhere(path string) places {
	return places{path, path, "%USERPROFILE%" + strings.ReplaceAll(strings.TrimPrefix(path, "~"), "/", `\`)}
}

// path is a place with everything in it replaced; "" if the environment does not tell, or
// there is no such place.
func (m Machine) path(place string) string {
	first, rest, _ := strings.Cut(strings.ReplaceAll(place, `\`, "/"), "/")
	folder := ""
	switch first {
	case "~":
		folder, rest = m.unixFolder(rest)
	case "%USERPROFILE%":
		folder = m.home()
	case "%APPDATA%":
		folder = m.windowsFolder("APPDATA", "Roaming")
	case "%LOCALAPPDATA%":
		folder = m.windowsFolder("LOCALAPPDATA", "Local")
	}
	if folder == "" {
		return ""
	}
	return m.join(folder, rest)
}

// unixFolder is the home folder or, for what is in ~/.config, the folder that takes its
// place in the XDG Base Directory Specification. A path that is not absolute does not
// count there.
func (m Machine) unixFolder(rest string) (folder, remaining string) {
	config := m.Variable("XDG_CONFIG_HOME")
	if inConfig, ok := strings.CutPrefix(rest, ".config/"); ok && strings.HasPrefix(config, "/") {
		return config, inConfig
	}
	return m.home(), rest
}

func (m Machine) home() string {
	if m.GOOS == windows {
		return m.Variable("USERPROFILE")
	}
	return m.Variable("HOME")
}

// windowsFolder is the folder that a variable names, or where it is by default.
func (m Machine) windowsFolder(variable, name string) string {
	if folder := m.Variable(variable); folder != "" || m.home() == "" {
		return folder
	}
	return m.join(m.home(), "AppData/"+name)
}

// join joins a folder and a path with slashes, in the form of the operating system.
func (m Machine) join(folder, path string) string {
	separator := "/"
	if m.GOOS == windows {
		separator = `\`
	}
	for part := range strings.SplitSeq(path, "/") {
		if part != "" {
			folder = strings.TrimRight(folder, separator) + separator + part
		}
	}
	return folder
}

// Command finds a program in the folders of PATH; "" if it is not there. A folder that is
// not absolute does not count: what is in it depends on where somebody stands.
func (m Machine) Command(name string) string {
	extensions := []string{""}
	separator := ":"
	if m.GOOS == windows {
		separator = ";"
		extensions = strings.Split(strings.ToLower(cmp.Or(m.Variable("PATHEXT"), ".com;.exe;.bat;.cmd")), ";")
	}
	for folder := range strings.SplitSeq(m.Variable("PATH"), separator) {
		for _, extension := range extensions {
			path := filepath.Join(folder, name+extension)
			if filepath.IsAbs(path) && m.runs(path) == nil {
				return path
			}
		}
	}
	return ""
}

// exists reports whether there is something at a path.
func exists(path string) bool {
	_, err := os.Stat(path)
	return path != "" && err == nil
}
