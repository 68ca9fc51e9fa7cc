package cli

import (
	"errors"
	"slices"
	"strings"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/server"
)

// lack is something that a command needs and has not been given.
type lack struct {
	what string // such as "the account"
	give string // what to type or to set
}

// lacking says all that a command lacks at once: what the settings do not have, and what
// else it was not given. It is nil if nothing is missing.
func (s *Settings) lacking(others ...lack) error {
	var lacks []lack
	kept, _ := s.kept()
	noToken := !s.Credential.Present() && kept.Storage == ""
	if noToken {
		give := "run " + server.Name + " login"
		if s.KeptError != nil {
			give = cfapi.Visible(s.KeptError.Error()) + ". " + upperFirst(remedy(s.KeptError))
		}
		give += ", or set CLOUDFLARE_API_TOKEN (or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY)"
		if s.Credential.Hint != "" {
			give += ". " + strings.TrimSuffix(s.Credential.Hint, ".")
		}
		lacks = append(lacks, lack{"a Cloudflare API token", give})
	}
	if strings.TrimSpace(s.AccountID) == "" {
		give := "add --account-id ID or set CLOUDFLARE_ACCOUNT_ID"
		if slices.Contains(s.Unexpanded, "CLOUDFLARE_ACCOUNT_ID") {
			give += ". Set to a placeholder that was not expanded, and so counted as unset: CLOUDFLARE_ACCOUNT_ID"
		}
		lacks = append(lacks, lack{"an account", give})
	}
	lacks = append(lacks, others...)
	if len(lacks) == 0 {
		return nil
	}
	var text strings.Builder
	if len(lacks) == 1 {
		text.WriteString(lacks[0].what + " is missing: " + lacks[0].give)
	} else {
		text.WriteString("several things are missing:")
		for _, l := range lacks {
			text.WriteString("\n  " + l.what + " is missing: " + l.give)
		}
	}
	if noToken {
		text.WriteString("\nTo try it without an account, add --simulate.")
	}
	return exitWith(exitUsage, errors.New(text.String()))
}
