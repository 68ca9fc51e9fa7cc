package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"access-policy-mcp/cfapi"
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
			store := settings.keptStore()
			if store == nil {
				return exitWith(exitFailure, errors.New("nothing can be kept, because the environment names no home directory"))
			}
			stop := announceKeyRing(command.ErrOrStderr())
			found, err := store.Forget(command.Context(), settings.apiURL())
			stop()
			switch {
			case err != nil && command.Context().Err() != nil:
				return errInterrupted
			case err != nil:
				return exitWith(exitFailure, errors.New(cfapi.Visible(err.Error())+". Nothing was removed: mend that, and run "+server.Name+
					" logout again; or delete "+store.File()+", after which the token is used no more but stays in the key ring"))
			}
			text := "Nothing was kept.\n"
			if found {
				text = "What login kept is removed. The token itself stays valid until you revoke it:\nhttps://dash.cloudflare.com/profile/api-tokens\n"
			}
			settings.tellWhatRemains(command)
			return write(command.Context(), command.OutOrStdout(), text)
		},
	}
}

// tellWhatRemains says which credentials the environment still has. What is wrong with
// them is the business of commands that need them.
func (s *Settings) tellWhatRemains(command *cobra.Command) {
	if err := s.readEnvironment(); err == nil && s.Credential.Source != "" && !s.Simulate {
		_, _ = fmt.Fprintf(command.ErrOrStderr(), "%s is still set, and is what commands use.\n", s.Credential.Source)
	}
}
