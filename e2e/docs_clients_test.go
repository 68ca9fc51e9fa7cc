package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"go.yaml.in/yaml/v4"

	"access-policy-mcp/server"
)

// bearerVariable is where blocks for HTTP have their secret from.
const bearerVariable = "ACCESS_POLICY_MCP_BEARER_TOKEN"

// TestDocsClients reads every configuration block of the pages as its client would,
// starts or calls the server as the block says, and lists the tools.
func TestDocsClients(t *testing.T) {
	const secret = "a secret of the test of the pages"
	t.Setenv(bearerVariable, secret)
	url, _ := startServer(t, "http://127.0.0.1:1")
	known := knownVariables(t)
	local, remote := 0, 0
	for _, b := range blocks(t, "json", "toml", "yaml") {
		for name, entry := range serversOf(t, b) {
			t.Run(b.page+": "+name, func(t *testing.T) {
				if addressOf(entry) != "" {
					remote++
					checkRemote(t, entry, url, secret)
				} else {
					local++
					checkLocal(t, entry, known)
				}
				if t.Failed() {
					t.Log(b.text)
				}
			})
		}
	}
	if local < 10 || remote < 9 {
		t.Errorf("only %d blocks for stdio and %d for HTTP were found", local, remote)
	}
}

// serversOf returns the servers that a block configures, by the name of the key
// above them.
func serversOf(t *testing.T, b block) map[string]map[string]any {
	t.Helper()
	read := map[string]func([]byte, any) error{
		"json": json.Unmarshal,
		"toml": toml.Unmarshal,
		"yaml": func(data []byte, v any) error { return yaml.Unmarshal(data, v) },
	}[b.language]
	var document map[string]any
	if err := read([]byte(b.text), &document); err != nil {
		t.Errorf("%s: %v in\n%s", b.page, err, b.text)
	}
	found := map[string]map[string]any{}
	for _, key := range []string{"mcpServers", "servers", "context_servers", "mcp_servers", "extensions"} {
		servers, _ := document[key].(map[string]any)
		for _, entry := range servers {
			found[key], _ = entry.(map[string]any)
		}
	}
	if len(found) != 1 {
		t.Errorf("%s: a block with %d servers:\n%s", b.page, len(found), b.text)
	}
	return found
}

// reference is a secret that a client fetches from its environment, or asks for.
var reference = regexp.MustCompile(`\$\{(?:env:` + bearerVariable + `|` + bearerVariable + `(?::-)?)\}`)

// addressOf is where an entry says that its server is; "" if it starts one itself.
func addressOf(entry map[string]any) string {
	for _, key := range []string{"url", "serverUrl", "uri"} {
		if address, ok := entry[key].(string); ok {
			return address
		}
	}
	return ""
}

// checkRemote lists the tools of the server at url, with the headers of the entry.
func checkRemote(t *testing.T, entry map[string]any, url, secret string) {
	if addressOf(entry) != "http://127.0.0.1:8080/mcp" {
		t.Errorf("the default server is not at %v", addressOf(entry))
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/mcp", strings.NewReader(listMessage))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	headers, _ := entry["headers"].(map[string]any)
	for name, value := range headers {
		req.Header.Set(name, reference.ReplaceAllLiteralString(value.(string), secret))
	}
	if entry["bearer_token_env_var"] == bearerVariable || headers == nil { // which the user adds, as the page says
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(body), "get_access_policy_test") {
		t.Errorf("%v: %s %s", err, resp.Status, body)
	}
}

// checkLocal starts the entry's command with its arguments and variables, and lists
// the tools.
func checkLocal(t *testing.T, entry map[string]any, known []string) {
	command, ok := entry["command"].(string)
	if !ok {
		command, _ = entry["cmd"].(string)
	}
	if command != "/absolute/path/to/"+server.Name {
		t.Fatalf("the command is %q", command)
	}
	cmd := exec.Command(server.Name)
	args, _ := entry["args"].([]any)
	for _, arg := range args {
		cmd.Args = append(cmd.Args, arg.(string))
	}
	variables, ok := entry["env"].(map[string]any)
	if !ok {
		variables, _ = entry["envs"].(map[string]any)
	}
	for name, value := range variables {
		if !slices.Contains(known, name) {
			t.Errorf("%s is not in docs/configuration.md", name)
		}
		cmd.Env = append(cmd.Env, name+"="+value.(string))
	}
	if cmd.Env == nil {
		cmd.Env = []string{} // not the environment of the test
	}
	cmd.Stdin = strings.NewReader(listMessage + "\n")
	if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), "get_access_policy_test") {
		t.Errorf("%v: %s", err, out)
	}
}

// knownVariables are those in the tables of docs/configuration.md.
func knownVariables(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, row := range regexp.MustCompile(`(?m)^\|.*\|$`).FindAllString(readPage(t, "../docs/configuration.md"), -1) {
		for _, match := range regexp.MustCompile("`((?:CLOUDFLARE|ACCESS_POLICY_MCP)_[A-Z_]+)`").FindAllStringSubmatch(row, -1) {
			names = append(names, match[1])
		}
	}
	if len(names) < 15 {
		t.Fatalf("only %d variables were found", len(names))
	}
	return names
}
