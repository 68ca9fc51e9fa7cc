package cli

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/cli/clients"
	"access-policy-mcp/cli/credentials"
	"access-policy-mcp/history"
	"access-policy-mcp/tools"
)

// prefix begins the names of this program's own variables.
const prefix = "ACCESS_POLICY_MCP_"

// variableOf names the variable that sets a flag.
func variableOf(flag *pflag.Flag) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
}

// Settings are what flags and environment variables say, except for what a single
// command alone has to do.
//
// A new flag is a field and a line in addFlags or, for the flag of a single command, in
// the file of that command. A new variable that belongs to no flag is a field and a line
// in variables. The flags of every command and those of the servers can also be set by
// variables; a flag that says what one command is to do cannot.
type Settings struct {
	// Flags of every command.

	Simulate        bool       // answer from the embedded simulator
	Tools           []string   // names of the tools to serve; all if there are none
	AllowStart      bool       // offer the tool that starts tests
	HideUserDetails bool       // leave e-mail addresses and names out
	NoHistory       bool       // neither read nor write the list of tests on disk
	RequestBudget   int        // most requests to Cloudflare in any 5 minutes, 1 to [quota.Max]
	LogLevel        slog.Level // least severe record to log
	LogFormat       string     // text or json
	Color           string     // of what a person reads: auto, always or never

	// Flags of the command http.

	Addr           string   // host:port to listen on
	AllowedOrigins []string // besides loopback, such as https://example.com

	// Set by readEnvironment. A flag of the commands that call a tool sets AccountID
	// too, and comes first.

	Credential  tools.Credential // without secrets if none is set: login may keep one
	AccountID   string           // default account; "" if there is none
	BaseURL     string           // of Cloudflare's API; "" for [cfapi.DefaultBaseURL]
	BearerToken string           // what clients over HTTP must present; "" for nothing

	// KeptError is why what login keeps cannot be used; nil if it can, or nothing is kept.
	KeptError error

	// Unexpanded names the variables that hold a placeholder, sorted.
	Unexpanded []string

	accountIsKept bool // neither a flag nor a variable names the account

	noColor      bool // NO_COLOR is set (no-color.org)
	dumbTerminal bool // TERM says that terminals do not obey control sequences

	process     []string          // the whole environment, for other programs
	environment map[string]string // the variables that are set, of those that this program reads
	empty       map[string]bool   // those that are set to nothing but white space
}

// addFlags adds the flags of every command.
func (s *Settings) addFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&s.Simulate, "simulate", false, "answer from a simulator: no account, no network")
	flags.StringSliceVar(&s.Tools, "tools", nil, "serve these tools only, comma-separated `NAMES`")
	flags.BoolVar(&s.AllowStart, "allow-start", false, "offer the tool that starts policy tests")
	flags.BoolVar(&s.HideUserDetails, "hide-user-details", false, "leave e-mail addresses and names out")
	flags.BoolVar(&s.NoHistory, "no-history", false, "neither remember tests nor look for remembered ones")
	flags.IntVar(&s.RequestBudget, "request-budget", quota.Default, "most requests in any 5 minutes, `N` up to "+strconv.Itoa(quota.Max))
	flags.TextVar(&s.LogLevel, "log-level", slog.LevelInfo, "debug, info, warn or error: the least `LEVEL` to log")
	flags.Lookup("log-level").DefValue = "" // commands that serve have another than the rest
	flags.StringVar(&s.Color, "color", "auto", "colors of what people read: `auto|always|never`")
	flags.StringVar(&s.LogFormat, "log-format", "text", "`FORMAT` of the log: text or json")
}

// newSettings returns the settings of an environment, as [os.Environ] gives it, before
// any flag or variable has been read. Variables that are empty or hold a placeholder
// count as unset.
func newSettings(env []string) *Settings {
	s := &Settings{process: env, environment: map[string]string{}, empty: map[string]bool{}, dumbTerminal: runtime.GOOS != "windows"}
	ofSystem := slices.Concat(history.Variables(), clients.Variables(), credentials.Variables())
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		if runtime.GOOS == "windows" {
			name = strings.ToUpper(name) // names there are the same in any case
		}
		switch {
		case name == "NO_COLOR":
			s.noColor = value != ""
		case name == "TERM":
			s.dumbTerminal = value == "" || value == "dumb"
		case !strings.HasPrefix(name, "CLOUDFLARE_") && !strings.HasPrefix(name, prefix) && !slices.Contains(ofSystem, name):
		case strings.TrimSpace(value) == "":
			s.empty[name] = true
		case placeholder.MatchString(value):
			s.Unexpanded = append(s.Unexpanded, name)
		default:
			s.environment[name] = value
		}
	}
	slices.Sort(s.Unexpanded)
	return s
}

// readFlags sets the flags that are not on the command line from their variables.
func (s *Settings) readFlags(flags *pflag.FlagSet) error {
	var err error
	flags.VisitAll(func(flag *pflag.Flag) {
		name := variableOf(flag)
		value, ok := s.environment[name]
		if !ok || flag.Changed || flag.Name == "help" {
			return
		}
		setErr := flags.Set(flag.Name, value)
		if wrong, ok := errors.AsType[*pflag.InvalidValueError](setErr); ok {
			err = errors.Join(err, errors.New(name+": "+valueWords(wrong)))
		} else {
			err = errors.Join(err, setErr)
		}
	})
	return err
}

// check says what is wrong with the flags of every command.
func (s *Settings) check() error {
	var err error
	if s.LogFormat != "text" && s.LogFormat != "json" {
		err = errors.Join(err, fmt.Errorf("--log-format must be text or json, not %q", s.LogFormat))
	}
	if s.Color != "auto" && s.Color != "always" && s.Color != "never" {
		err = errors.Join(err, fmt.Errorf("--color must be auto, always or never, not %q", s.Color))
	}
	if s.RequestBudget < 1 || s.RequestBudget > quota.Max {
		err = errors.Join(err, fmt.Errorf("--request-budget must be from 1 to %d, not %d", quota.Max, s.RequestBudget))
	}
	return err
}

// readEnvironment reads the variables that belong to no flag. A simulation needs none
// of Cloudflare's. The error says which variable is wrong, without its value.
func (s *Settings) readEnvironment() error {
	origins := map[string]string{} // of each variable: itself, or the one that names its file
	for _, v := range s.variables() {
		if s.Simulate && strings.HasPrefix(v.name, "CLOUDFLARE_") {
			continue
		}
		value, origin, err := s.lookUp(v)
		if err != nil {
			return err
		}
		*v.value = cmp.Or(*v.value, value)
		origins[v.name] = origin
	}
	var kept credentials.Kept
	kept, s.KeptError = s.kept()
	s.accountIsKept = s.AccountID == ""
	s.AccountID = cmp.Or(s.AccountID, kept.AccountID)
	switch credential := &s.Credential; {
	case s.Simulate:
		*credential = tools.Credential{Credentials: cfapi.Credentials{Token: simulator.Token}, Source: "--simulate"}
		s.AccountID = cmp.Or(s.AccountID, simulator.AccountID)
		s.BaseURL = simulator.BaseURL
		s.RequestBudget = quota.Max // there is nothing to spare
	case credential.Token != "":
		credential.Source = origins["CLOUDFLARE_API_TOKEN"]
	case credential.Present():
		credential.Source = "CLOUDFLARE_EMAIL with " + origins["CLOUDFLARE_API_KEY"]
	default:
		credential.Kept = true
	}
	s.Credential.Hint = s.credentialHint()
	return nil
}

// credentialHint explains to the reader of an error why a credential that seems to be
// configured is not there.
func (s *Settings) credentialHint() string {
	var names []string
	for _, name := range s.Unexpanded {
		if strings.HasPrefix(name, "CLOUDFLARE_API_") || name == "CLOUDFLARE_EMAIL" {
			names = append(names, name)
		}
	}
	if names == nil {
		return ""
	}
	return "Set to a placeholder that the client did not expand, and so counted as unset: " + strings.Join(names, ", ") + "."
}
