package main

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/server"
)

// block is a fenced block of README.md.
type block struct{ language, text string }

func readme(t *testing.T) (string, []block) {
	t.Helper()
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []block
	for _, match := range regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$").FindAllStringSubmatch(string(data), -1) {
		blocks = append(blocks, block{match[1], match[2]})
	}
	return string(data), blocks
}

// TestReadmeExamples runs every command that is shown with its output.
func TestReadmeExamples(t *testing.T) {
	_, blocks := readme(t)
	for _, b := range blocks {
		if b.language != "console" {
			continue
		}
		line, want, _ := strings.Cut(b.text, "\n")
		t.Run(line, func(t *testing.T) {
			out, err := exec.Command("sh", "-c", strings.TrimPrefix(line, "$ ")).Output()
			if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(want, string(out)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestReadmeCommands knows all commands that are shown without output, and what
// shows that they work.
func TestReadmeCommands(t *testing.T) {
	shownBy := map[string]string{
		"go run . get --simulate --wait 30s":             "testdata/scripts/wait.txtar and .ci/run",
		".ci/interop/run":                                ".ci/run",
		"go run ./.ci/soak":                              ".ci/run",
		"go test -run '^$' -bench Waiters ./cfapi/watch": "cfapi/watch/bench_test.go",
		"go test ./...":                                  "this run",
		"go test -run '^$' -bench . -count 5 .":          "bench_test.go",
	}
	_, blocks := readme(t)
	for _, b := range blocks {
		if b.language != "sh" {
			continue
		}
		for line := range strings.Lines(b.text) {
			if shownBy[strings.TrimSpace(line)] == "" {
				t.Errorf("nothing shows that this works: %s", line)
			}
		}
	}
}

// TestReadmeConfigurations starts a server with every configuration block as the
// client would, and lists its tools.
func TestReadmeConfigurations(t *testing.T) {
	_, blocks := readme(t)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(simulator.Token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	started := 0
	for _, b := range blocks {
		var document map[string]any
		switch b.language {
		case "json":
			if err := json.Unmarshal([]byte(b.text), &document); err != nil {
				t.Errorf("%v in\n%s", err, b.text)
			}
		case "toml":
			if err := toml.Unmarshal([]byte(b.text), &document); err != nil {
				t.Errorf("%v in\n%s", err, b.text)
			}
		case "yaml":
			if err := yaml.Unmarshal([]byte(b.text), &document); err != nil {
				t.Errorf("%v in\n%s", err, b.text)
			}
		default:
			continue
		}
		for _, key := range []string{"mcpServers", "servers", "context_servers", "mcp_servers", "extensions"} {
			servers, _ := document[key].(map[string]any)
			for _, entry := range servers {
				started++
				checkConfiguration(t, entry.(map[string]any), token, b.text)
			}
		}
	}
	if started < 11 {
		t.Errorf("only %d configurations were found", started)
	}
}

func checkConfiguration(t *testing.T, entry map[string]any, token, text string) {
	t.Helper()
	if url, ok := entry["url"].(string); ok {
		if url != "http://127.0.0.1:8080/mcp" {
			t.Errorf("the default server is not at %s", url)
		}
		return
	}
	command, ok := entry["command"].(string)
	if !ok {
		command, _ = entry["cmd"].(string)
	}
	if command != server.Name {
		t.Errorf("the command is %q in\n%s", command, text)
		return
	}
	cmd := exec.Command(command)
	for _, arg := range anySlice(entry["args"]) {
		cmd.Args = append(cmd.Args, arg.(string))
	}
	variables, _ := entry["env"].(map[string]any)
	known := knownVariables(t)
	for name, value := range variables {
		if !slices.Contains(known, name) {
			t.Errorf("unknown variable %s in\n%s", name, text)
		}
		value := strings.ReplaceAll(value.(string), "/path/to/token", token)
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	for _, key := range []string{"env_vars", "env_keys"} {
		for _, name := range anySlice(entry[key]) {
			if !slices.Contains(known, name.(string)) {
				t.Errorf("unknown variable %s in\n%s", name, text)
			}
		}
	}
	cmd.Stdin = strings.NewReader(listMessage)
	if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), "get_access_policy_test") {
		t.Errorf("%v: %s in\n%s", err, out, text)
	}
}

func anySlice(value any) []any {
	list, _ := value.([]any)
	return list
}

// knownVariables are those of the configuration table.
func knownVariables(t *testing.T) []string {
	text, _ := readme(t)
	names := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\|.*\|$`).FindAllString(text, -1) {
		for _, match := range regexp.MustCompile("`((?:CLOUDFLARE|ACCESS_POLICY_MCP)_[A-Z_]+)`").FindAllStringSubmatch(row, -1) {
			names[match[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// TestReadmeNamesEveryFlag keeps the configuration table complete.
func TestReadmeNamesEveryFlag(t *testing.T) {
	text, _ := readme(t)
	var visit func(*cobra.Command)
	visit = func(command *cobra.Command) {
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			if !strings.Contains(text, "`--"+flag.Name+"`") {
				t.Errorf("README.md does not mention --%s", flag.Name)
			}
		})
		for _, sub := range command.Commands() {
			visit(sub)
		}
	}
	visit((&program{}).rootCommand())
}
