package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cli/credentials"
	"access-policy-mcp/server"
)

func logoutCommand(settings *Settings) *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "Remove what login keeps",
		Long: "Removes the token and the default account that login keeps, from the key ring\n" +
			"and from the disk. The token itself stays valid: revoke it in Cloudflare's\n" +
			"dashboard.",
		Example: "  access-policy-mcp logout",
		Args:    noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return logOut(command, settings)
		},
	}
}

func logOut(command *cobra.Command, settings *Settings) error {
	store := settings.keptStore()
	switch {
	case settings.Simulate:
		return usageError(command, "logout removes a token for Cloudflare, and --simulate has none: leave it out.")
	case store == nil:
		return exitWith(exitFailure, errors.New("nothing can be kept, because the environment names no home directory"))
	}
	stop := announceKeyRing(command.ErrOrStderr())
	found, err := store.Forget(command.Context(), settings.apiURL())
	stop()
	switch {
	case err != nil && command.Context().Err() != nil:
		return errInterrupted
	case err != nil:
		return exitWith(exitFailure, errors.New(notForgotten(err, store.File())))
	}
	text := "Nothing was kept.\n"
	if found {
		text = "What login kept is removed. The token itself stays valid until you revoke it:\nhttps://dash.cloudflare.com/profile/api-tokens\n"
	}
	settings.tellWhatRemains(command)
	return write(command.Context(), command.OutOrStdout(), text)
}

// notForgotten says what is still there, and what to do.
func notForgotten(err error, file string) string {
	_, inKeyRing := errors.AsType[*credentials.KeyRingError](err)
	_, remains := errors.AsType[*credentials.RemainsError](err)
	text := cfapi.Visible(err.Error())
	again := "mend that, and run " + server.Name + " logout again"
	switch {
	case remains:
		return text + ". The token is not in the key ring any more, but the default account is still in the file: " + again
	case inKeyRing:
		return text + ". Nothing was removed: " + again + "; or delete " + file + ", after which a token in the key ring is used no more but stays there"
	default:
		return text + ". Nothing was removed: " + again
	}
}

// tellWhatRemains says which credentials the environment still has. What is wrong with
// them is the business of commands that need them.
func (s *Settings) tellWhatRemains(command *cobra.Command) {
	if err := s.readEnvironment(); err == nil && s.Credential.Source != "" && !s.Simulate {
		_, _ = fmt.Fprintf(command.ErrOrStderr(), "%s is still set, and is what commands use.\n", s.Credential.Source)
	}
}
