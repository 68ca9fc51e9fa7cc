package clients

import (
	"slices"
	"strings"
)

// EntryName is the name of this program's entry in every client.
const EntryName = "access-policy"

// Scope says for whom an entry is.
type Scope string

// The scopes.
const (
	User    Scope = "user"    // for all projects of the user
	Project Scope = "project" // for everybody who works in a folder
)

// Client is an MCP client.
type Client struct {
	Name    string   // what people type
	Title   string   // what its makers call it
	Aliases []string // other names that people type

	// Cutoff says in words after what time the client cuts a call off, and Raise how to
	// make it wait longer; "" where that is not known or not possible.
	Cutoff, Raise string
	// Progress says in words whether progress makes it wait longer.
	Progress string
	// Reload says in words how the client takes notice of a new entry.
	Reload string

	file     places // that has the user's servers
	override override
	project  string // the file of a project, with slashes; "" if there is none
	trace    places // exists where the client has been used; "" for the folder of file
	format   format
	key      string // of the object with the servers

	local  func(Server) object // an entry for stdio
	remote func(Server) object // an entry for Streamable HTTP; nil if the file can have none
	// remoteWords say how a server over HTTP is added instead.
	remoteWords string
	// forwards says that an entry for stdio can refer to variables of the environment that
	// the client is started in.
	forwards bool

	command *clientCommand // the client's own command that adds servers; nil if there is none
}

// override is a variable that names another folder for the user's file.
type override struct{ variable, file string }

// Find returns the client with a name, or with another name that people type for it.
func Find(name string) (Client, bool) {
	name = strings.NewReplacer(" ", "-", "_", "-").Replace(strings.ToLower(strings.TrimSpace(name)))
	for _, c := range All() {
		if name == c.Name || slices.Contains(c.Aliases, name) {
			return c, true
		}
	}
	return Client{}, false
}

// Names are the names of all clients, in the order of [All].
func Names() []string {
	var names []string
	for _, c := range All() {
		names = append(names, c.Name)
	}
	return names
}

// Scopes are those that the client has, the user's first.
func (c Client) Scopes() []Scope {
	if c.project == "" {
		return []Scope{User}
	}
	return []Scope{User, Project}
}

// Path is the file that has the client's servers in a scope; "" if there is none, or the
// environment does not tell where.
func (c Client) Path(m Machine, scope Scope) string {
	if scope == Project {
		if c.project == "" || m.Folder == "" {
			return ""
		}
		return m.join(m.Folder, c.project)
	}
	if folder := m.Variable(c.override.variable); c.override.variable != "" && folder != "" {
		return m.join(folder, c.override.file)
	}
	return m.path(c.file.on(m.GOOS))
}

// Here reports whether the client is on this machine, as far as its files and its command
// tell.
func (c Client) Here(m Machine) bool {
	trace := m.path(c.trace.on(m.GOOS))
	return exists(c.Path(m, User)) || exists(trace) || c.command != nil && m.Command(c.command.name) != ""
}

// Remote reports whether the client's file can have a server over HTTP; if not, the words
// say how it is added instead.
func (c Client) Remote() (words string, ok bool) { return c.remoteWords, c.remote != nil }

// Forwards reports whether an entry for stdio can refer to variables of the environment
// that the client is started in.
func (c Client) Forwards() bool { return c.forwards }

// RefersToBearer reports whether an entry for HTTP can refer to the variable that has the
// bearer token.
func (c Client) RefersToBearer() bool {
	if c.remote == nil {
		return false
	}
	with, without := Server{URL: "x", Bearer: "X"}, Server{URL: "x"}
	return len(c.remote(with)) > len(c.remote(without))
}
