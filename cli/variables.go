package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
)

// variable is an environment variable that belongs to no flag.
type variable struct {
	name   string
	value  *string
	secret bool // can also be in the file that the variable with _FILE names
	guard  bool // what it protects would be open without it, so that it must not be set to nothing
}

// variables are all of them, in the order in which they are read.
func (s *Settings) variables() []variable {
	return []variable{
		{name: "ACCESS_POLICY_MCP_BEARER_TOKEN", value: &s.BearerToken, secret: true, guard: true},
		{name: "CLOUDFLARE_API_KEY", value: &s.Credential.Key, secret: true},
		{name: "CLOUDFLARE_API_TOKEN", value: &s.Credential.Token, secret: true},
		{name: "CLOUDFLARE_EMAIL", value: &s.Credential.Email},
		{name: "CLOUDFLARE_ACCOUNT_ID", value: &s.AccountID},
		{name: "CLOUDFLARE_BASE_URL", value: &s.BaseURL},
	}
}

// placeholder is what a client leaves in a variable that it should have expanded, such
// as ${CLOUDFLARE_API_TOKEN}, ${input:token}, $TOKEN, %TOKEN%, {env:TOKEN} or
// {{ secrets.TOKEN }}.
var placeholder = regexp.MustCompile(`^\s*(?:\$\{[^{}]*\}|\$[A-Za-z_][A-Za-z0-9_]*|%[^%\s]+%|\{env:[^{}]*\}|\$?\{\{[^{}]*\}\})\s*$`)

// lookUp returns the value of a variable or, of a secret, what is in its file, and the
// name of the variable that was used. The error does not repeat the value.
func (s *Settings) lookUp(v variable) (value, origin string, err error) {
	fileVariable := v.name + "_FILE"
	if v.guard {
		if err := errors.Join(s.checkGuard(v.name), s.checkGuard(fileVariable)); err != nil {
			return "", "", err
		}
	}
	value = s.environment[v.name]
	file := s.environment[fileVariable]
	if !v.secret || file == "" {
		return strings.TrimSpace(value), v.name, nil
	}
	if value != "" {
		return "", "", bothSet(v.name)
	}
	secret, err := readSecret(file)
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", fileVariable, err)
	}
	return secret, fileVariable, nil
}

// bothSet is about a secret that is set, and in a file too.
func bothSet(name string) error {
	return fmt.Errorf("%s and %s_FILE are both set: unset one of them", name, name)
}

// checkGuard says what is wrong with a variable that switches a guard on: set to
// nothing, or to what the client did not expand, it would silently leave the guard off.
func (s *Settings) checkGuard(name string) error {
	switch {
	case s.empty[name]:
		return errors.New(name + " is set but empty: set it to a secret that clients must present, or unset it")
	case slices.Contains(s.Unexpanded, name):
		return errors.New(name + " holds a placeholder that was not expanded: set it to a secret that clients must present, or unset it")
	}
	return nil
}

// maxSecretFile is the largest file with a secret, in bytes.
const maxSecretFile = 64 << 10

// readSecret reads a file that has nothing but a secret in it. Only regular files are
// opened, since others may block; a link to one is followed, as in mounted secrets. The
// error leaves out the path: a secret may have been put in its place by mistake.
func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", withoutPath(err)
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("the secret must be in a regular file")
	}
	data, err := readBounded(path, maxSecretFile)
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(string(data))
	switch {
	case secret == "":
		return "", errors.New("the file is empty")
	case placeholder.MatchString(secret):
		return "", errors.New("the file holds a placeholder that was not expanded")
	}
	return secret, nil
}

// readBounded reads a file of at most limit bytes. The error leaves out the path.
func readBounded(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, withoutPath(err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("the file is larger than %d KiB", limit>>10)
	}
	return data, nil
}

// withoutPath is what went wrong with a file, without its path.
func withoutPath(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}
