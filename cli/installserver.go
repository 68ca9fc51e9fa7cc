package cli

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cli/clients"
	"access-policy-mcp/tools"
)

// serverAddress is where a server is reached over HTTP: at /mcp, unless the address says
// otherwise. An address with what may be a secret is not repeated.
func serverAddress(text string) (string, error) {
	address, err := url.Parse(text)
	switch {
	case err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Hostname() == "":
		wrong := "must be the address of a server, such as http://127.0.0.1:8080/mcp"
		if !strings.ContainsAny(text, "@?#") {
			wrong += fmt.Sprintf(", not %q", text)
		}
		return "", errors.New(wrong)
	case address.User != nil:
		return "", errors.New("must have no secret in it: set ACCESS_POLICY_MCP_BEARER_TOKEN")
	case address.RawQuery != "" || address.ForceQuery:
		return "", errors.New("must have no query, in which a secret would be in the file: leave it out, and add a header to the entry if the server asks for one")
	case strings.Contains(text, "#"):
		return "", errors.New("must have no fragment, which is not sent to a server: leave out what begins with #")
	}
	if address.Path == "" || address.Path == "/" {
		address.Path = "/mcp"
	}
	return address.String(), nil
}

// checkEnvironment says what of the environment the server would not start with, so that it
// does not get into an entry.
func (i *installation) checkEnvironment() error {
	if i.http != "" || i.remove || i.settings.Simulate {
		return nil
	}
	environment := i.settings.environment
	for _, name := range []string{"CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY"} {
		if environment[name] != "" && environment[name+"_FILE"] != "" {
			return bothSet(name)
		}
	}
	if _, err := cfapi.New(cfapi.Config{BaseURL: strings.TrimSpace(environment["CLOUDFLARE_BASE_URL"])}); err != nil {
		return fmt.Errorf("CLOUDFLARE_BASE_URL: %w", err)
	}
	return nil
}

// serverArgs are the flags of every command that are set now, by a variable too, for the
// server that the entry starts. typed are those of them that are on the command line.
func (s *Settings) serverArgs(flags *pflag.FlagSet) (args, typed []string) {
	flags.VisitAll(func(flag *pflag.Flag) {
		value := flag.Value.String()
		arg := "--" + flag.Name
		switch {
		case !flag.Changed || slices.Contains([]string{"help", "color"}, flag.Name) || value == "false":
			return
		case flag.Name == "tools":
			arg += "=" + strings.Join(s.Tools, ",")
		case flag.Value.Type() != "bool":
			arg += "=" + strings.ToLower(value)
		}
		args = append(args, arg)
		if s.environment[variableOf(flag)] == "" {
			typed = append(typed, "--"+flag.Name)
		}
	})
	return args, typed
}

// checkAccount says what is wrong with the account that the entry is to name.
func (i *installation) checkAccount(command *cobra.Command) error {
	for _, source := range []struct{ name, id string }{{"--account-id", i.accountID}, {"CLOUDFLARE_ACCOUNT_ID", i.settings.environment["CLOUDFLARE_ACCOUNT_ID"]}} {
		if id := strings.TrimSpace(source.id); id != "" && !tools.AccountID(id).Valid() {
			return usageError(command, fmt.Sprintf("%s is not the ID of an account: %q.", source.name, id))
		}
	}
	return nil
}

// server is what the entry is to say, and what a person is to know about it.
func (i *installation) server(m clients.Machine) (server clients.Server, notes []string, err error) {
	if i.http != "" {
		server.URL = i.http
		server.Bearer, notes = i.bearer()
		return server, notes, nil
	}
	executable, err := os.Executable()
	if err != nil {
		return server, nil, fmt.Errorf("where this program is cannot be told: %w", err)
	}
	if server.Command, err = ownPath(executable, os.Args[0], m.Command); err != nil {
		return server, nil, err
	}
	server.Args = i.flags
	if !i.settings.Simulate {
		server.Variables = i.variables()
		server.Forward, notes = i.forwarded()
	}
	return server, notes, nil
}

// accountNote says that a new entry names no account, and neither does login.
func (i *installation) accountNote() string {
	kept, _ := i.settings.kept()
	if i.http != "" || i.settings.Simulate || kept.AccountID != "" || i.account() != "" {
		return ""
	}
	return "There is no default account, so each question has to name one: run this again with --account-id ID.\n"
}

// account is the one that was typed, or that the environment names; "" if there is none.
func (i *installation) account() string {
	return strings.TrimSpace(cmp.Or(i.accountID, i.settings.environment["CLOUDFLARE_ACCOUNT_ID"]))
}

// bearer is the variable with the secret of a server over HTTP, if it is set and the client
// can refer to it.
func (i *installation) bearer() (variable string, notes []string) {
	const name = "ACCESS_POLICY_MCP_BEARER_TOKEN"
	switch {
	case i.settings.environment[name] == "" && i.settings.environment[name+"_FILE"] != "":
		return "", []string{"An entry can refer to " + name + " alone, not to a file: set that too where " + i.client.Title + " is started, and run this again."}
	case i.settings.environment[name] == "":
		return "", []string{"If that server asks for a bearer token, set " + name + " and run this again: the entry then refers to it."}
	case !i.client.RefersToBearer():
		return "", []string{i.client.Title + " cannot refer to " + name + ": add the header Authorization yourself."}
	default:
		return name, []string{"The entry refers to " + name + " in the environment that " + i.client.Title + " is started in."}
	}
}

// variables are those that the entry sets: what the environment says now and is no secret.
// Many clients pass on little of their own environment, so that the folder with what login
// keeps has to be in the entry, unless it is in the usual place.
func (i *installation) variables() []clients.Pair {
	var pairs []clients.Pair
	add := func(name, value string) {
		if value = strings.TrimSpace(value); value != "" {
			pairs = append(pairs, clients.Pair{Name: name, Value: value})
		}
	}
	environment := i.settings.environment
	add("CLOUDFLARE_ACCOUNT_ID", i.account())
	add("CLOUDFLARE_BASE_URL", environment["CLOUDFLARE_BASE_URL"])
	if kept, _ := i.settings.kept(); kept.Storage != "" && runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		add("XDG_CONFIG_HOME", environment["XDG_CONFIG_HOME"])
	}
	for _, name := range []string{"CLOUDFLARE_API_TOKEN_FILE", "CLOUDFLARE_API_KEY_FILE"} {
		if file := environment[name]; file != "" {
			if path, err := filepath.Abs(file); err == nil {
				file = path
			}
			add(name, file)
		}
	}
	return pairs
}

// forwarded are the variables with a credential that the entry refers to: none if login
// keeps one, which every client can use.
func (i *installation) forwarded() (names []string, notes []string) {
	kept, err := i.settings.kept()
	if kept.Storage != "" {
		return nil, nil
	}
	if err != nil {
		notes = []string{"What login keeps does not count: " + cfapi.Visible(err.Error()) + "."}
	}
	environment := i.settings.environment
	if environment["CLOUDFLARE_API_TOKEN"] != "" {
		names = []string{"CLOUDFLARE_API_TOKEN"}
	} else if environment["CLOUDFLARE_EMAIL"] != "" && (environment["CLOUDFLARE_API_KEY"] != "" || environment["CLOUDFLARE_API_KEY_FILE"] != "") {
		names = []string{"CLOUDFLARE_EMAIL"}
		if environment["CLOUDFLARE_API_KEY"] != "" {
			names = append(names, "CLOUDFLARE_API_KEY")
		}
	}
	list := strings.Join(names, " and ")
	switch {
	case names == nil && environment["CLOUDFLARE_API_TOKEN_FILE"] == "":
		return nil, append(notes, "There is no Cloudflare API token yet: run access-policy-mcp login.")
	case names == nil:
		return nil, notes
	case !i.client.Forwards():
		return nil, append(notes, i.client.Title+" cannot refer to "+list+" of your environment: run access-policy-mcp login.")
	default:
		return names, append(notes, "The entry refers to "+list+" in the environment that "+i.client.Title+" is started in. To do without: access-policy-mcp login.")
	}
}

// goBuildFolder is a folder of go run, or the cache of builds.
var goBuildFolder = regexp.MustCompile(`/go-build[0-9]*/`)

// shortLived reports whether a path is in a folder whose content does not stay: that of go
// run, or of npx.
func shortLived(path string) bool {
	path = strings.ReplaceAll(path, `\`, "/")
	return goBuildFolder.MatchString(path) || strings.Contains(path, "/_npx/")
}

// ownPath is the path by which this program can be started from anywhere, also after an
// update: the one that it was called by, such as the link of a package manager, rather than
// the one that it leads to.
func ownPath(executable, calledBy string, lookUp func(string) string) (string, error) {
	path := executable
	called := calledBy
	if !strings.ContainsAny(called, `/\`) {
		called = lookUp(called)
	} else if absolute, err := filepath.Abs(called); err == nil {
		called = absolute
	}
	if sameFile(called, executable) {
		path = called
	}
	if shortLived(path) {
		return "", fmt.Errorf("this program is at %s, where it does not stay. Install it first (go install .), and then run: access-policy-mcp install", path)
	}
	return path, nil
}

func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}
