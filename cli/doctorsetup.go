package cli

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cli/clients"
	"access-policy-mcp/cli/credentials"
	"access-policy-mcp/server"
	"access-policy-mcp/tools"
)

// version says what runs.
func (d *doctor) version() finding {
	return finding{Check: "version", Status: statusOK, Text: fmt.Sprintf("%s %s (%s, %s/%s)", server.Name, server.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)}
}

// environment says what is wrong with variables and what login keeps, and what of it counts
// for nothing.
func (d *doctor) environment() []finding {
	if d.wrong != nil {
		return []finding{{
			Check: "environment", Status: statusFailed, Text: fmt.Sprint(d.wrong),
			Next: "Credential, account and API are not checked before that is mended.",
		}}
	}
	var findings []finding
	warn := func(text, next string) {
		findings = append(findings, finding{Check: "environment", Status: statusWarning, Text: text, Next: next})
	}
	for _, name := range d.settings.Unexpanded {
		said := !d.settings.Credential.Present() && strings.Contains(d.settings.Credential.Hint, name) // with the credential
		if !said && (!d.settings.Simulate || !strings.HasPrefix(name, "CLOUDFLARE_")) {
			warn(name+" holds a placeholder that was not expanded, and counts as unset", "Set it to its value, or unset it.")
		}
	}
	if credential := d.settings.Credential; credential.Token != "" && credential.Key != "" {
		warn("CLOUDFLARE_API_TOKEN and CLOUDFLARE_API_KEY are both set: the token alone is used", "Unset CLOUDFLARE_API_KEY.")
	}
	if err := d.settings.KeptError; err != nil && d.settings.Credential.Present() {
		warn("what login keeps cannot be used: "+err.Error(), upperFirst(remedy(err))+".")
	}
	return findings
}

// credentialFound is the credential that calls are made with.
type credentialFound struct {
	finding
	credentials cfapi.Credentials // empty if there are none
}

// credential finds the credential, and says where.
func (d *doctor) credential(ctx context.Context) credentialFound {
	credential := d.settings.Credential
	f := finding{Check: "credential", Status: statusOK}
	switch {
	case d.settings.Simulate:
		f.Text = "the simulator's (--simulate)"
		return credentialFound{f, credential.Credentials}
	case credential.Token != "":
		f.Text = "API token in " + credential.Source
	case credential.Present():
		f.Text = "global API key in " + credential.Source
	default:
		return d.keptCredential(ctx)
	}
	if kept, err := d.settings.kept(); err == nil && kept.Storage != "" {
		f.Text += ", which wins over the token that login keeps"
	}
	return credentialFound{f, credential.Credentials}
}

// keptCredential looks up what login keeps.
func (d *doctor) keptCredential(ctx context.Context) credentialFound {
	f := finding{Check: "credential", Status: statusFailed}
	kept, err := d.settings.kept()
	switch {
	case err != nil:
		f.Text, f.Next = "what login keeps cannot be used: "+err.Error(), upperFirst(remedy(err))+"."
		return credentialFound{finding: f}
	case kept.Storage == "":
		f.Text, f.Next = "there is none", nextStep(&cfapi.Error{Kind: cfapi.NoCredentials}, d.settings.Credential, reading())
		return credentialFound{finding: f}
	}
	found, err := d.app.credentials(ctx)
	if err != nil {
		f = d.problem("credential", err, d.settings.Credential)
		f.Text = strings.TrimPrefix(f.Text, "there are no Cloudflare credentials: ")
		return credentialFound{finding: f}
	}
	f.Status, f.Text = statusOK, "API token in the system's key ring (login)"
	if kept.Storage == credentials.InFile {
		f = storedFinding(d.settings.keptStore().File())
	}
	return credentialFound{f, found}
}

// storedFinding says who may read the file with a token.
func storedFinding(file string) finding {
	f := finding{Check: "credential", Status: statusOK, Text: "API token in " + file + ", unencrypted (login)"}
	info, err := os.Stat(file)
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		f.Status, f.Text = statusWarning, f.Text+", which others can read"
		f.Next = "Make it readable for you alone: chmod 600 " + file + "."
	}
	return f
}

// accountID is the account that is asked about; "" if there is no default.
func (d *doctor) accountID() string {
	if id := strings.TrimSpace(d.settings.AccountID); tools.AccountID(id).Valid() {
		return id
	}
	return ""
}

// account says which account is the default, and where it comes from.
func (d *doctor) account() finding {
	id := strings.TrimSpace(d.settings.AccountID)
	f := finding{Check: "account", Status: statusOK}
	var source string
	switch {
	case id == "":
		f.Status, f.Text = statusNote, "no default: each call has to name one"
		f.Next = "To have one, set CLOUDFLARE_ACCOUNT_ID, or run " + server.Name + " login --account-id ID."
		return f
	case d.typed != "":
		source = "--account-id"
	case d.settings.Simulate:
		source = "--simulate"
	case d.settings.environment["CLOUDFLARE_ACCOUNT_ID"] != "":
		source = "CLOUDFLARE_ACCOUNT_ID"
	default:
		source = "kept by login"
	}
	if d.accountID() == "" {
		f.Status, f.Text = statusFailed, "the default ("+source+") cannot be an account ID: "+idWords(cfapi.MaxAccountID)
		f.Next = "Copy it from the Cloudflare dashboard (Account home, the menu of the account)."
		return f
	}
	f.Text = id + " (" + source + ")"
	return f
}

// clients says how the entry of this server stands in each client that has one.
func (d *doctor) clients() []finding {
	var findings []finding
	var without []string
	for _, status := range clients.Statuses(d.settings.machine()) {
		found := false
		for _, entry := range status.Entries {
			if entry.Err == nil && !entry.Present {
				continue
			}
			found = true
			findings = append(findings, entryFinding(status.Client, entry))
		}
		if !found && status.Here {
			without = append(without, status.Client.Name)
		}
	}
	if len(findings) > 0 {
		return findings
	}
	f := finding{Check: "client", Status: statusNote, Text: "none has this server"}
	if without != nil {
		f.Text += ", and these are here: " + strings.Join(without, ", ")
	}
	f.Next = "To add it: " + server.Name + " install " + cmp.Or(strings.Join(without[:min(len(without), 1)], ""), "CLIENT") + "."
	return []finding{f}
}

// entryFinding says how one entry stands.
func entryFinding(client clients.Client, entry clients.Entry) finding {
	f := finding{Check: "client", Client: client.Name, Scope: string(entry.Scope), Status: statusFailed}
	renew := server.Name + " install " + client.Name
	if entry.Scope != clients.User {
		renew += " --scope " + string(entry.Scope)
	}
	starts := "starts " + entry.Command
	if slices.Contains(entry.Args, "--simulate") { // others may be secrets
		starts += " --simulate"
	}
	starts += " (" + entry.Path + ")"
	switch {
	case entry.Err != nil:
		f.Text, f.Next = entry.Err.Error(), "Mend the file: the client cannot read it either, and install leaves it alone."
	case entry.Off:
		f.Status, f.Text, f.Next = statusWarning, "the entry in "+entry.Path+" is switched off", "Switch it on in the client."
	case entry.CommandErr != nil:
		f.Text, f.Next = fmt.Sprintf("the entry in %s does not work: %v", entry.Path, entry.CommandErr), "Renew it: "+renew+"."
	case entry.URL != "":
		f.Status, f.Text = statusOK, "connects to "+withoutSecrets(entry.URL)+" ("+entry.Path+")"
	case entry.Scope == clients.User && !filepath.IsAbs(entry.Command):
		f.Status, f.Text = statusWarning, starts+", which an application that is started from a dock or menu may not find"
		f.Next = "To name its place: " + renew + "."
	default:
		f.Status, f.Text = statusOK, starts
	}
	return f
}

// withoutSecrets is an address without what may be a secret in it: user, password and query.
// It is "" for "".
func withoutSecrets(address string) string {
	u, err := url.Parse(address)
	if address == "" {
		return ""
	}
	if err != nil || u.Host == "" {
		return "an address that is none"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
