package cli

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/clipperhouse/displaywidth"
	"github.com/spf13/cobra"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cli/clients"
	"access-policy-mcp/server"
)

// listedEntry is a line of the list of clients.
type listedEntry struct {
	Client  string `json:"client"`
	Title   string `json:"title"`
	Here    bool   `json:"here"`
	Scope   string `json:"scope"`
	State   string `json:"state"`
	Path    string `json:"path,omitempty"`
	Command string `json:"command,omitempty"`
	URL     string `json:"url,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// States of an entry.
const (
	stateWorks   = "works"
	stateBroken  = "broken"    // there is an entry that leads nowhere, or a file that cannot be read
	stateOff     = "off"       // there is an entry, but it is switched off
	stateMissing = "not added" // there is no entry
	stateAway    = "not found" // there is no such client
)

// list prints how all clients stand.
func (i *installation) list(command *cobra.Command) error {
	var alone []string
	for _, name := range []string{"scope", "http", "account-id", "print", "remove"} {
		if command.Flags().Changed(name) {
			alone = append(alone, "--"+name)
		}
	}
	if alone != nil {
		return usageError(command, "a client is missing: with "+strings.Join(alone, ", ")+" there has to be one of "+strings.Join(clients.Names(), ", ")+".")
	}
	entries := listed(clients.Statuses(i.settings.machine()))
	out := i.settings.output(command.OutOrStdout())
	text := ""
	switch {
	case i.asJSON:
		data, err := json.Marshal(map[string]any{"clients": entries})
		if err != nil {
			return exitWith(exitFailure, err)
		}
		text = string(data) + "\n"
	case out.terminal():
		text = rendered(clientsTable(entries, out.width()), out.colored)
	default:
		for _, e := range entries {
			text += strings.Join([]string{e.Client, e.State, e.Scope, e.Path, cmp.Or(e.Command, e.URL), e.Problem}, "\t") + "\n"
		}
	}
	return write(command.Context(), command.OutOrStdout(), text)
}

// listed are the user's entry of each client, and those of the project that there are.
func listed(statuses []clients.Status) []listedEntry {
	var list []listedEntry
	for _, status := range statuses {
		for _, e := range status.Entries {
			if e.Scope == clients.Project && !e.Present && e.Err == nil {
				continue
			}
			line := listedEntry{
				Client: status.Client.Name, Title: status.Client.Title, Here: status.Here, Scope: string(e.Scope),
				Path: cfapi.Visible(e.Path), Command: cfapi.Visible(e.Command), URL: cfapi.Visible(withoutSecrets(e.URL)),
			}
			line.State = stateOf(status.Here, e)
			for _, err := range []error{e.Err, e.CommandErr} {
				if err != nil {
					line.Problem = cfapi.Visible(err.Error())
				}
			}
			list = append(list, line)
		}
	}
	return list
}

func stateOf(here bool, e clients.Entry) string {
	switch {
	case e.Err != nil || e.CommandErr != nil:
		return stateBroken
	case e.Present && e.Off:
		return stateOff
	case e.Works():
		return stateWorks
	case here:
		return stateMissing
	default:
		return stateAway
	}
}

// clientsTable has a line for each entry, and below one that is broken what is wrong with
// it.
func clientsTable(entries []listedEntry, width int) []text {
	type row struct {
		cells   text
		problem string
	}
	rows := []row{{cells: text{{"CLIENT", bold}, {"ENTRY", bold}, {"WHERE", bold}}}}
	next := ""
	for _, e := range entries {
		where := cmp.Or(e.URL, e.Command)
		if e.Scope == string(clients.Project) {
			where = "(project) " + where
		}
		rows = append(rows, row{text{{e.Client, plain}, {e.State, stateStyle(e.State)}, {where, plain}}, e.Problem})
		renewable := e.State == stateBroken && e.Command != "" // a file that cannot be read is for its owner to mend
		if next == "" && (e.State == stateMissing || renewable) {
			next = e.Client
		}
	}
	widths := make([]int, len(rows[0].cells))
	for _, r := range rows {
		for i, cell := range r.cells {
			widths[i] = max(widths[i], displaywidth.String(cell.text))
		}
	}
	var lines []text
	for _, r := range rows {
		lines = append(lines, fittedRow(r.cells, widths, width))
		if r.problem == "" {
			continue
		}
		const indent = "  "
		for _, line := range wrapped(words(r.problem), max(width-len(indent), 1)) {
			lines = append(lines, append(words(indent), line...))
		}
	}
	return append(lines, nil, words("Next: "+server.Name+" install "+cmp.Or(next, "CLIENT")))
}

func stateStyle(state string) style {
	switch state {
	case stateWorks:
		return green
	case stateBroken:
		return red
	case stateOff, stateMissing:
		return yellow
	default:
		return faint
	}
}
