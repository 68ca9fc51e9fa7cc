package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cli/clients"
)

// installation is what install is to do.
type installation struct {
	settings  *Settings
	client    clients.Client
	scope     string
	http      string
	accountID string
	print     bool
	remove    bool
	asJSON    bool
	flags     []string // for the server that the entry starts
}

func installCommand(settings *Settings) *cobra.Command {
	i := &installation{settings: settings}
	command := &cobra.Command{
		Use:   "install [CLIENT]",
		Short: "Add this server to an MCP client",
		Long: "Adds this server to an MCP client, or renews its entry there: with the\n" +
			"absolute path of this program, and the account, if one is given. No secret is\n" +
			"written: log in first. Nothing else in the client's file changes, and the file\n" +
			"as it was before is kept beside it. The client's own command makes a new entry\n" +
			"if it is here. Flags for servers, such as --allow-start, go into the entry.\n\n" +
			"Without a client it lists them, with what is in the file of each.\n\n" +
			"Clients: " + inLines(clients.Names(), len("Clients: ")) + ".",
		Example: "  access-policy-mcp install                          # which clients are here\n" +
			"  access-policy-mcp install claude-code\n" +
			"  access-policy-mcp install claude-code --allow-start\n" +
			"  access-policy-mcp install vscode --scope project   # .vscode/mcp.json\n" +
			"  access-policy-mcp install cursor --simulate        # to try it\n" +
			"  access-policy-mcp install codex --http http://127.0.0.1:8080/mcp\n" +
			"  access-policy-mcp install zed --print              # to copy it by hand\n" +
			"  access-policy-mcp install claude-code --remove",
		Args: func(command *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError(command, fmt.Sprintf("%s takes one client, but there are %d arguments.", command.CommandPath(), len(args)))
			}
			return nil
		},
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 0 {
				return i.list(command)
			}
			if err := i.check(command, args[0]); err != nil {
				return err
			}
			if err := i.checkEnvironment(); err != nil {
				return exitWith(exitUsage, err)
			}
			return i.run(command)
		},
	}
	flags := command.Flags()
	flags.StringVar(&i.scope, "scope", string(clients.User), "whose: `user|project`, where project is for this folder")
	flags.StringVar(&i.http, "http", "", "the server at this `URL`, over HTTP, instead of this program")
	flags.StringVar(&i.accountID, "account-id", "", "account `ID` (default: CLOUDFLARE_ACCOUNT_ID)")
	flags.BoolVar(&i.print, "print", false, "print the entry and change nothing")
	flags.BoolVar(&i.remove, "remove", false, "remove the entry")
	flags.BoolVar(&i.asJSON, "json", false, "print the list of clients as JSON")
	return command
}

// inLines are words with commas, in lines as wide as help texts. The first one begins in
// a column.
func inLines(words []string, column int) string {
	var text strings.Builder

	for n, word := range words {
		if n > 0 {
			text.WriteString(",")
			column++
			if column+1+len(word) >= helpWidth {
				text.WriteString("\n")
				column = -1
			} else {
				text.WriteString(" ")
			}
			column++
		}
		text.WriteString(word)
		column += len(word)
	}
	return text.String()
}

// clientOffers are the clients as a shell offers them.
func clientOffers() []string {
	var offers []string
	for _, c := range clients.All() {
		offers = append(offers, c.Name+"\t"+c.Title)
	}
	return offers
}

// check says what is wrong with the command line, all of it before anything is changed.
func (i *installation) check(command *cobra.Command, name string) error {
	client, ok := clients.Find(name)
	if !ok {
		return usageError(command, fmt.Sprintf("there is no client %q: they are %s.%s", name, strings.Join(clients.Names(), ", "), nearest(name, "", clients.Names())))
	}
	i.client = client
	flags := command.Flags()
	for _, pair := range [][2]string{{"remove", "print"}, {"remove", "http"}, {"remove", "account-id"}, {"http", "account-id"}} {
		if flags.Changed(pair[0]) && flags.Changed(pair[1]) {
			return usageError(command, fmt.Sprintf("--%s and --%s do not go together.", pair[0], pair[1]))
		}
	}
	words, remote := client.Remote()
	var typed []string
	i.flags, typed = i.settings.serverArgs(command.Root().PersistentFlags())
	switch {
	case i.asJSON:
		return usageError(command, "--json is for the list of clients, without a CLIENT.")
	case i.scope != string(clients.User) && i.scope != string(clients.Project):
		return usageError(command, fmt.Sprintf("--scope must be user or project, not %q.", i.scope))
	case !slices.Contains(client.Scopes(), clients.Scope(i.scope)):
		return usageError(command, client.Title+" has no file for a project: leave --scope out.")
	case i.http != "" && typed != nil:
		return usageError(command, "--http and "+typed[0]+" do not go together: the server at that address has flags of its own.")
	case i.http != "" && !remote:
		return usageError(command, words)
	}
	if i.http != "" {
		address, err := serverAddress(i.http)
		if err != nil {
			return usageError(command, "--http: "+err.Error()+".")
		}
		i.http = address
	}
	return i.checkAccount(command)
}

// run changes the client's file, or prints what it would have.
func (i *installation) run(command *cobra.Command) error {
	machine := i.settings.machine()
	scope := clients.Scope(i.scope)
	if i.remove {
		result, err := i.client.Remove(machine, scope)
		if err != nil {
			return i.failed(result, err)
		}
		return write(command.Context(), command.OutOrStdout(), i.resultText(result))
	}
	server, notes, err := i.server(machine)
	if err != nil {
		return exitWith(exitFailure, err)
	}
	if i.print {
		for _, note := range notes {
			_, _ = fmt.Fprintln(command.ErrOrStderr(), note)
		}
		return write(command.Context(), command.OutOrStdout(), i.client.Block(server))
	}
	result, err := i.client.Install(command.Context(), machine, scope, server, clients.CommandOptions{
		Env:     i.settings.process,
		Waiting: func(name string) { _, _ = fmt.Fprintln(command.ErrOrStderr(), "Waiting for "+name+".") },
	})
	if err != nil && errors.Is(command.Context().Err(), context.Canceled) && !result.Damaged {
		return errInterrupted
	}
	if err != nil {
		return i.failed(result, err)
	}
	if result.CommandErr != nil {
		_, _ = fmt.Fprintln(command.ErrOrStderr(), cfapi.Visible(result.CommandErr.Error())+". The file was edited instead.")
	}
	text := i.resultText(result)
	if result.Action != clients.Unchanged {
		text += i.client.Reload + "\n"
	}
	text += strings.Join(append(notes, ""), "\n")
	if result.Action == clients.Added {
		text += i.accountNote()
	}
	return write(command.Context(), command.OutOrStdout(), text)
}

// failed is an error about a client's file as one that ends the program: what the file has
// may be in it.
func (i *installation) failed(result clients.Result, err error) error {
	what := i.client.Title + " was not changed"
	switch {
	case result.Damaged:
		what = i.client.Title + " was changed by its own command"
	case result.By != "":
		what = clients.EntryName + " was added to " + i.client.Title + " with " + result.By + ", but is not complete"
	}
	text := fmt.Sprintf("%s: %s.", what, strings.TrimSuffix(cfapi.Visible(err.Error()), "."))
	if result.Backup != "" && (result.Damaged || result.By != "") {
		text += " The file as it was before: " + cfapi.Visible(result.Backup) + "."
	}
	return exitWith(exitFailure, errors.New(text+" To do it by hand: access-policy-mcp install "+i.client.Name+" --print"))
}

// resultText says what was done.
func (i *installation) resultText(result clients.Result) string {
	path := cfapi.Visible(result.Path)
	var text string
	switch result.Action {
	case clients.Added:
		text = fmt.Sprintf("Added %s to %s, in %s", clients.EntryName, i.client.Title, path)
	case clients.Renewed:
		text = fmt.Sprintf("Renewed %s of %s, in %s", clients.EntryName, i.client.Title, path)
	case clients.Unchanged:
		return fmt.Sprintf("%s of %s is as it should be, in %s.\n", clients.EntryName, i.client.Title, path)
	case clients.Removed:
		text = fmt.Sprintf("Removed %s from %s, in %s", clients.EntryName, i.client.Title, path)
	default:
		return fmt.Sprintf("%s has no %s in %s.\n", i.client.Title, clients.EntryName, path)
	}
	if result.By != "" {
		text += ", with " + result.By
	}
	if result.Replaced != "" {
		text += ".\nIt was for another program, " + cfapi.Visible(result.Replaced) + ", whose arguments are not in it any more"
	}
	if result.Backup != "" {
		text += ".\nThe file as it was before: " + cfapi.Visible(result.Backup)
	}
	return text + ".\n"
}
