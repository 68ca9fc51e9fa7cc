package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cli/credentials"
	"access-policy-mcp/server"
	"access-policy-mcp/tools"
)

// login is one run of the command.
type login struct {
	settings *Settings
	store    *credentials.Store
	person   *person // nil if nobody can be asked
	stdin    io.Reader
	stderr   io.Writer

	account  string // that was named; "" if none was
	insecure bool   // the token may be kept in the file
}

func loginCommand(settings *Settings) *cobra.Command {
	var withToken, insecure bool
	command := &cobra.Command{
		Use:   "login",
		Short: "Keep a Cloudflare API token in the system's key ring",
		Long: "Asks for a Cloudflare API token, asks Cloudflare whether it is valid, and keeps\n" +
			"it in the system's key ring for all commands and servers of this user, together\n" +
			"with a default account. A second login replaces the first. Variables with\n" +
			"credentials (CLOUDFLARE_API_TOKEN and others) win over what it keeps.\n\n" +
			"Where there is no key ring it keeps nothing, unless you agree to a file that\n" +
			"only you can read. A global API key is not kept: set CLOUDFLARE_EMAIL and\n" +
			"CLOUDFLARE_API_KEY for that.\n\n" +
			"Exit status: 0 the token is kept, 1 it is not, 2 wrong usage, 130 interrupted.",
		Example: "  access-policy-mcp login\n" +
			"  access-policy-mcp login --with-token < token.txt\n" +
			"  access-policy-mcp login --with-token --account-id ID < token.txt",
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			l, err := newLogin(command, settings, withToken)
			if err != nil {
				return err
			}
			l.insecure = insecure
			return l.run(command)
		},
	}
	flags := command.Flags()
	flags.BoolVar(&withToken, "with-token", false, "read the token from stdin")
	addAccountFlag(flags, settings)
	flags.BoolVar(&insecure, "insecure-storage", false, "keep the token in a file instead of in the key ring")
	return command
}

// newLogin checks what the command was given. Its errors are about usage.
func newLogin(command *cobra.Command, settings *Settings, withToken bool) (*login, error) {
	l := &login{
		settings: settings, store: settings.keptStore(), account: settings.typedAccount(),
		person: newPerson(command.InOrStdin(), command.ErrOrStderr()), stdin: command.InOrStdin(), stderr: command.ErrOrStderr(),
	}
	switch {
	case settings.Simulate:
		return nil, usageError(command, "login keeps a token for Cloudflare, and --simulate needs none: leave it out.")
	case l.person == nil && !withToken:
		return nil, usageError(command, "nobody can be asked for a token here. To read it from stdin: "+command.CommandPath()+" --with-token < FILE")
	case l.account != "" && !tools.AccountID(l.account).Valid():
		return nil, usageError(command, typedBy("account_id", purpose{})+": "+idWords(cfapi.MaxAccountID)+".")
	case l.store == nil:
		return nil, exitWith(exitFailure, errors.New("nothing can be kept, because the environment names no home directory"))
	}
	if err := settings.readEnvironment(); err != nil {
		return nil, exitWith(exitUsage, err)
	}
	return l, nil
}

// typedAccount is the account that a flag or the environment names; "" if they do not.
func (s *Settings) typedAccount() string {
	if account := strings.TrimSpace(s.AccountID); account != "" {
		return account
	}
	return strings.TrimSpace(s.environment["CLOUDFLARE_ACCOUNT_ID"])
}

// run asks, verifies and keeps, in this order: what fails leaves everything as it was.
func (l *login) run(command *cobra.Command) error {
	ctx := command.Context()
	token, err := l.readToken(ctx)
	if err != nil {
		return err
	}
	if l.account == "" && l.person != nil {
		if l.account, err = l.askAccount(ctx); err != nil {
			return err
		}
	}
	known, err := l.verify(ctx, token)
	if err != nil {
		return err
	}
	kept := credentials.Kept{BaseURL: l.settings.apiURL(), AccountID: l.account, Storage: credentials.KeyRing}
	if l.insecure {
		kept.Storage = credentials.InFile
	}
	if kept.Storage, err = l.keep(ctx, kept, token); err != nil {
		return err
	}
	l.tellWhatWins()
	return write(ctx, command.OutOrStdout(), l.result(known, kept))
}

// keep keeps the token and returns where it is. Without a key ring only a person can allow
// the file.
func (l *login) keep(ctx context.Context, kept credentials.Kept, token string) (credentials.Storage, error) {
	stop := announceKeyRing(l.stderr)
	err := l.store.Keep(ctx, kept, token)
	stop()
	_, leftover := errors.AsType[*credentials.LeftoverError](err)
	unusable, noKeyRing := errors.AsType[*credentials.KeyRingError](err)
	switch {
	case err == nil:
		return kept.Storage, nil
	case leftover: // the token itself is kept
		_, _ = fmt.Fprintln(l.stderr, upperFirst(cfapi.Visible(err.Error()))+".")
		return kept.Storage, nil
	case ctx.Err() != nil:
		return "", errInterrupted
	case !noKeyRing:
		return "", exitWith(exitFailure, errors.New(cfapi.Visible(err.Error())+". The token was not kept"))
	}
	reason, file := cfapi.Visible(unusable.Error()), l.store.File()
	if step := unusable.Remedy(); step != "" {
		reason += ". " + upperFirst(step)
	}
	if l.person == nil {
		return "", exitWith(exitFailure, errors.New(reason+". The token was not kept. To keep it unencrypted in "+file+
			", which only you can read, add --insecure-storage; or set CLOUDFLARE_API_TOKEN instead."))
	}
	agreed, err := l.person.confirm(ctx, upperFirst(reason)+".\nKeep the token unencrypted in "+file+", which only you can read?")
	if err != nil {
		return "", err
	}
	if !agreed {
		return "", exitWith(exitFailure, errors.New("the token was not kept. Log in again where there is a key ring, or set CLOUDFLARE_API_TOKEN instead"))
	}
	kept.Storage = credentials.InFile
	return l.keep(ctx, kept, token)
}

// tellWhatWins says what the environment has that commands will use instead.
func (l *login) tellWhatWins() {
	if source := l.settings.Credential.Source; source != "" {
		_, _ = fmt.Fprintf(l.stderr, "%s is set, and wins over the token that was kept: unset it to use this one.\n", source)
	}
	if account := strings.TrimSpace(l.settings.environment["CLOUDFLARE_ACCOUNT_ID"]); account != "" && account != l.account {
		_, _ = fmt.Fprintln(l.stderr, "CLOUDFLARE_ACCOUNT_ID is set to another account, and wins over the one that was kept.")
	}
}

// result says what is kept and what to do next.
func (l *login) result(known cfapi.Token, kept credentials.Kept) string {
	text := "The token is valid"
	if status, state := tokenState(known, time.Now()); status == statusWarning {
		text = "The token is " + state
	} else if !known.ExpiresOn.IsZero() {
		text += " until " + minute(known.ExpiresOn)
	}
	if kept.Storage == credentials.InFile {
		text += ". It is kept unencrypted in " + l.store.File() + ", which only you can read.\n"
	} else {
		text += ". It is kept in the system's key ring.\n"
	}
	if kept.AccountID != "" {
		text += "Default account: " + kept.AccountID + "\n"
	} else {
		text += "There is no default account: commands need --account-id ID, or log in again with it.\n"
	}
	return text + "Next: " + server.Name + " install, to add the server to an assistant; " + server.Name + " doctor, to check everything.\n"
}

// upperFirst makes a clause the beginning of a sentence.
func upperFirst(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
