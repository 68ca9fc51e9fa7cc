package clients

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
)

// TestPage: docs/clients.md is made of the table and testdata/clients.md.
func TestPage(t *testing.T) {
	frame, err := os.ReadFile("testdata/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(frame)
	for mark, text := range map[string]string{
		"commands": commandRows(), "clients": sections(), "files": fileRows(), "references": referenceRows(), "cutoffs": cutoffRows(), "vscode-link": vscodeLink(), "cursor-link": cursorLink(),
	} {
		if strings.Count(page, "{{"+mark+"}}") != 1 {
			t.Errorf("the frame does not have {{%s}} once", mark)
		}
		page = strings.Replace(page, "{{"+mark+"}}", strings.TrimRight(text, "\n"), 1)
	}
	golden(t, "../../docs/clients.md", page)
}

// shown is the server of the blocks in the page.
func shown() Server {
	return Server{Command: "/absolute/path/to/access-policy-mcp", Variables: []Pair{{"CLOUDFLARE_ACCOUNT_ID", "023e105f4ecef8ad9ca31a8372d0c353"}}}
}

func language(c Client) string {
	switch c.format.(type) {
	case tomlFormat:
		return "toml"
	case yamlFormat:
		return "yaml"
	default:
		return "json"
	}
}

func commandRows() string {
	var rows strings.Builder
	for _, c := range All() {
		fmt.Fprintf(&rows, "| [%s](#%s) | `access-policy-mcp install %s` | %s |\n", c.Title, strings.NewReplacer(" ", "-", "(", "", ")", "").Replace(strings.ToLower(c.Title)), c.Name, strings.Join(c.Aliases, ", "))
	}
	return rows.String()
}

func sections() string {
	var text strings.Builder
	for _, c := range All() {
		fmt.Fprintf(&text, "### %s\n\n", c.Title)
		fmt.Fprintf(&text, "`access-policy-mcp install %s` puts this into the file of the client", c.Name)
		if c.command != nil {
			fmt.Fprintf(&text, ", by `%s` if that is on the PATH and has nothing to lose there", c.command.shown)
		}
		fmt.Fprintf(&text, ". %s\n\n```%s\n%s```\n\n", c.Reload, language(c), c.Block(shown()))
		words, ok := c.Remote()
		if !ok {
			text.WriteString(words + "\n\n")
			continue
		}
		fmt.Fprintf(&text, "Over HTTP, with `--http http://127.0.0.1:8080/mcp`:\n\n```%s\n%s```\n\n", language(c),
			c.Block(Server{URL: "http://127.0.0.1:8080/mcp", Bearer: "ACCESS_POLICY_MCP_BEARER_TOKEN"}))
		if !c.RefersToBearer() {
			text.WriteString("It cannot refer to a variable: a header for the bearer token is for you to add.\n\n")
		}
	}
	return text.String()
}

func fileRows() string {
	var rows strings.Builder
	for _, c := range All() {
		project := "none"
		if c.project != "" {
			project = "`" + c.project + "`"
		}
		places := "`" + c.file.macOS + "` | `" + c.file.linux + "` | `" + c.file.windows + "`"
		if c.override.variable != "" {
			project += " |"
			places += " | `" + c.override.variable + "`"
		} else {
			project += " |"
			places += " |"
		}
		fmt.Fprintf(&rows, "| %s | %s | %s |\n", c.Title, places, strings.TrimSuffix(project, " |"))
	}
	return rows.String()
}

func referenceRows() string {
	var rows strings.Builder
	for _, c := range All() {
		form := "none"
		if c.Forwards() {
			server := Server{Command: "x", Forward: []string{"CLOUDFLARE_API_TOKEN"}}
			for _, m := range c.local(server) {
				switch v := m.value.(type) {
				case object:
					form = fmt.Sprintf("`\"%s\": \"%s\"` in `%s`", v[0].key, v[0].value, m.key)
				case []string:
					form = fmt.Sprintf("`%s = [\"%s\"]`", m.key, v[0])
				}
			}
		}
		fmt.Fprintf(&rows, "| %s | %s |\n", c.Title, form)
	}
	return rows.String()
}

func cutoffRows() string {
	var rows strings.Builder
	for _, c := range All() {
		fmt.Fprintf(&rows, "| %s | %s | %s | %s |\n", c.Title, c.Cutoff, c.Progress, cmp.Or(c.Raise, "not known"))
	}
	return rows.String()
}

// linked is the server of the links, which cannot know where the program is.
func linked() Server { return Server{Command: "access-policy-mcp"} }

func vscodeLink() string {
	config := encodeJSON(vscode().local(linked()), style{})
	return "https://insiders.vscode.dev/redirect/mcp/install?name=" + EntryName + "&config=" + url.QueryEscape(config)
}

func cursorLink() string {
	config := encodeJSON(cursor().local(linked()), style{})
	return "cursor://anysphere.cursor-deeplink/mcp/install?name=" + EntryName + "&config=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(config)))
}

// TestLinks: the links carry an entry that their client understands.
func TestLinks(t *testing.T) {
	vscodeURL, err := url.Parse(vscodeLink())
	if err != nil {
		t.Fatal(err)
	}
	cursorURL, err := url.Parse(cursorLink())
	if err != nil {
		t.Fatal(err)
	}
	cursorConfig, err := base64.StdEncoding.DecodeString(cursorURL.Query().Get("config"))
	if err != nil {
		t.Fatal(err)
	}
	for link, config := range map[*url.URL]string{vscodeURL: vscodeURL.Query().Get("config"), cursorURL: string(cursorConfig)} {
		var entry struct{ Command string }
		if err := json.Unmarshal([]byte(config), &entry); err != nil || entry.Command != "access-policy-mcp" || link.Query().Get("name") != EntryName {
			t.Errorf("%s: %v: %s", link, err, config)
		}
	}
}
