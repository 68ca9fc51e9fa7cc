package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"access-policy-mcp/server"
)

// pages returns the paths of the Markdown pages of this project.
func pages(t *testing.T) []string {
	t.Helper()
	var paths []string
	for _, pattern := range []string{"../*.md", "../docs/*.md", "../examples/*.md", "../.github/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	if len(paths) < 10 {
		t.Fatalf("only %d pages were found", len(paths))
	}
	return paths
}

func readPage(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// block is a fenced block of a page.
type block struct{ page, language, text string }

var fence = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// blocks returns the fenced blocks of all pages in one of the languages.
func blocks(t *testing.T, languages ...string) []block {
	t.Helper()
	var list []block
	for _, page := range pages(t) {
		for _, match := range fence.FindAllStringSubmatch(readPage(t, page), -1) {
			if slices.Contains(languages, match[1]) {
				list = append(list, block{filepath.Base(page), match[1], match[2]})
			}
		}
	}
	return list
}

// TestDocsExamples runs every command that is shown with its output, and compares
// what it prints to stdout and stderr.
func TestDocsExamples(t *testing.T) {
	examples := blocks(t, "console")
	if len(examples) < 6 {
		t.Errorf("only %d examples were found", len(examples))
	}
	for _, b := range examples {
		line, want, _ := strings.Cut(b.text, "\n")
		t.Run(b.page+": "+line, func(t *testing.T) {
			t.Parallel()
			// TestMain has put the binary under test on the PATH.
			command := strings.Replace(strings.TrimPrefix(line, "$ "), "go run .", server.Name, 1)
			cmd := exec.Command("sh", "-c", command)
			cmd.Env = append(os.Environ(), stateIn(t.TempDir())...)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(foldTimes(foldProgress(t, want)), foldTimes(foldProgress(t, string(out)))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

var progressLine = regexp.MustCompile(`(?m)^0:0\d elapsed: \d+% of 20 users processed, \d+ approved, \d+ blocked, \d+ errored\n`)

// foldProgress puts a word in the place of the progress of a wait, which depends on when
// the test was polled. A wait of some seconds is worth one line.
func foldProgress(t *testing.T, output string) string {
	t.Helper()
	if n := len(progressLine.FindAllString(output, -1)); n > 1 {
		t.Errorf("%d lines of progress", n)
	}
	return progressLine.ReplaceAllString(output, "(progress)\n")
}

var moment = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// foldTimes puts the same moment in the place of all.
func foldTimes(output string) string { return moment.ReplaceAllString(output, "(time)") }

// TestDocsCommands: for every command that is shown without its output there is a
// file that runs it or is what it runs.
func TestDocsCommands(t *testing.T) {
	shownBy := map[string]struct{ file, text string }{
		"access-policy-mcp login":                          {"testdata/scripts/login.txtar", " 0 access-policy-mcp login\n"},
		"access-policy-mcp login --with-token < token.txt": {"testdata/scripts/keyring.txtar", "login --with-token"},
		"access-policy-mcp login --with-token --insecure-storage --account-id 023e105f4ecef8ad9ca31a8372d0c353 < token.txt": {"testdata/scripts/login.txtar", "login --with-token --insecure-storage --account-id"},
		"go run . get --simulate --wait 30s": {"../.ci/run", "go run . get --simulate --wait 30s"},
		"go test ./...":                      {"../.ci/run", "go test -race"},
		".ci/run":                            {"../.github/workflows/ci.yml", "run: .ci/run"},
		".ci/fuzz 10m":                       {"../.ci/run", ".ci/fuzz "},
		"e2e/interop/run":                    {"../.ci/run", "e2e/interop/run"},
		"go run ./e2e/soak":                  {"../.ci/run", "go run ./e2e/soak"},
		"go test -run '^$' -bench 'Start|Calls' -benchtime 30x -count 3 ./e2e":               {"calls_bench_test.go", "func BenchmarkCalls"},
		"go test -run '^$' -bench 'Floor|Client' ./e2e":                                      {"bench_test.go", "func BenchmarkFloor"},
		"go test -run '^$' -bench WaitingConnections -benchtime 1x ./e2e":                    {"waiting_bench_test.go", "func BenchmarkWaitingConnections"},
		"go test -run '^$' -bench Waiters -benchtime 1x ./cfapi/watch":                       {"../cfapi/watch/bench_test.go", "func BenchmarkWaiters"},
		"cd examples/typescript && npm install && node blocked.ts ../policy.json --simulate": {"examples_test.go", "func TestExamplesTypeScript("},
		"cd examples/python && uv run blocked.py ../policy.json --simulate":                  {"examples_test.go", "func TestExamplesPython("},
		"cd examples/shell && MAX_BLOCKED=20% ./step.sh ../policy.json --simulate":           {"examples_test.go", "func TestExamplesShell("},
		"access-policy-mcp install claude-code":                                              {"testdata/scripts/install.txtar", "exec access-policy-mcp install claude-code"},
		"access-policy-mcp doctor":                                                           {"testdata/scripts/doctor.txtar", "access-policy-mcp doctor"},
		"go test ./cli ./cli/clients ./tools ./server -update":                               {"../tools/golden_test.go", `flag.Bool("update"`},
	}
	shown := map[string]bool{}
	for _, b := range blocks(t, "sh") {
		for line := range strings.Lines(b.text) {
			line = strings.TrimSpace(line)
			shown[line] = true
			proof, ok := shownBy[line]
			if !ok {
				t.Errorf("%s: nothing shows that this works: %s", b.page, line)
			} else if !strings.Contains(readPage(t, proof.file), proof.text) {
				t.Errorf("%s: %s does not have %q, which was to show that this works: %s", b.page, proof.file, proof.text, line)
			}
		}
	}
	for line := range shownBy {
		if !shown[line] {
			t.Errorf("no page shows: %s", line)
		}
	}
}

// TestReadmeLength: the README is one screen that works; the rest is in docs.
func TestReadmeLength(t *testing.T) {
	if n := strings.Count(readPage(t, "../README.md"), "\n"); n < 50 || n > 150 {
		t.Errorf("README.md has %d lines", n)
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	noSlug  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestDocsLinks: every link to a file or a heading of this project leads there.
func TestDocsLinks(t *testing.T) {
	checked := 0
	for _, page := range pages(t) {
		for _, match := range link.FindAllStringSubmatch(fence.ReplaceAllString(readPage(t, page), ""), -1) {
			if strings.HasPrefix(match[1], "https://") {
				continue
			}
			checked++
			file, fragment, _ := strings.Cut(match[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %v", page, err)
			} else if fragment != "" && !slices.Contains(anchors(t, target), fragment) {
				t.Errorf("%s: %s has no heading #%s", page, target, fragment)
			}
		}
	}
	if checked < 25 {
		t.Errorf("only %d links were found", checked)
	}
}

// anchors are the names by which GitHub links to the headings of a page.
func anchors(t *testing.T, page string) []string {
	var list []string
	for _, match := range heading.FindAllStringSubmatch(fence.ReplaceAllString(readPage(t, page), ""), -1) {
		list = append(list, strings.ReplaceAll(noSlug.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-"))
	}
	return list
}

var ownPath = regexp.MustCompile("`((?:\\.ci|\\.github|cfapi|cli|docs|e2e|examples|history|internal|server|testdata|tools)/[A-Za-z0-9_./*-]*)`")

// TestDocsPaths: every file and directory of this project that a page names exists.
func TestDocsPaths(t *testing.T) {
	checked := 0
	for _, page := range pages(t) {
		for _, match := range ownPath.FindAllStringSubmatch(readPage(t, page), -1) {
			if match[1] == "tools/list" || match[1] == "tools/call" {
				continue // methods of MCP
			}
			checked++
			if found, err := filepath.Glob("../" + match[1]); err != nil || len(found) == 0 {
				t.Errorf("%s: there is no %s", page, match[1])
			}
		}
	}
	if checked < 40 {
		t.Errorf("only %d paths were found", checked)
	}
}

// TestDocsTools: docs/tools.md has a section for each tool, with each of its
// arguments and each field of its result.
func TestDocsTools(t *testing.T) {
	cmd := exec.Command(server.Name, "--simulate", "--allow-start")
	cmd.Stdin = strings.NewReader(listMessage + "\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	type schema struct{ Properties map[string]any }
	var answer struct {
		Result struct {
			Tools []struct {
				Name                      string
				InputSchema, OutputSchema schema
			}
		}
	}
	if err := json.Unmarshal(out, &answer); err != nil || len(answer.Result.Tools) < 3 {
		t.Fatalf("%v: %s", err, out)
	}
	page := readPage(t, "../docs/tools.md")
	for _, tool := range answer.Result.Tools {
		_, section, ok := strings.Cut(page, "\n## `"+tool.Name+"`\n")
		if !ok {
			t.Errorf("there is no section for %s", tool.Name)
			continue
		}
		section, _, _ = strings.Cut(section, "\n## ")
		for _, properties := range []map[string]any{tool.InputSchema.Properties, tool.OutputSchema.Properties} {
			if len(properties) == 0 {
				t.Errorf("%s has a schema without properties", tool.Name)
			}
			for name := range properties {
				if !strings.Contains(section, "`"+name+"`") {
					t.Errorf("%s: %s is not mentioned", tool.Name, name)
				}
			}
		}
	}
}

// TestDocsErrorKinds: docs/operating.md has a row for each kind of failure.
func TestDocsErrorKinds(t *testing.T) {
	checkMentioned(t, "../docs/operating.md", "\n| `%s` |", "../cfapi/error.go", `(?m)^\t\w+ +Kind += "(\w+)"$`, 11)
}

// TestDocsDependencies: docs/decisions.md says what each dependency is for.
func TestDocsDependencies(t *testing.T) {
	checkMentioned(t, "../docs/decisions.md", "`%s`", "../go.mod", `(?m)^\t(\S+?)(?:/v\d+)? v\S+$`, 10)
}

// checkMentioned checks that a page has, in the given form, everything that pattern finds
// in a source, which is no less than least.
func checkMentioned(t *testing.T, page, form, source, pattern string, least int) {
	t.Helper()
	found := regexp.MustCompile(pattern).FindAllStringSubmatch(readPage(t, source), -1)
	if len(found) < least {
		t.Errorf("only %d were found in %s", len(found), source)
	}
	text := readPage(t, page)
	for _, match := range found {
		if !strings.Contains(text, fmt.Sprintf(form, match[1])) {
			t.Errorf("%s does not have %s", page, match[1])
		}
	}
}

// TestGitHubForms: the forms and the workflow can be read, and the workflow runs the
// gate with no more rights than it needs.
func TestGitHubForms(t *testing.T) {
	paths, err := filepath.Glob("../.github/*/*.yml")
	if err != nil || len(paths) < 3 {
		t.Fatalf("%v: only %d files were found", err, len(paths))
	}
	for _, path := range paths {
		var document map[string]any
		if err := yaml.Unmarshal([]byte(readPage(t, path)), &document); err != nil || document["name"] == nil {
			t.Errorf("%s: %v: %v", path, err, document)
		}
	}
	var workflow struct {
		Permissions map[string]string
		Jobs        map[string]struct {
			Steps []struct{ Run string }
		}
	}
	if err := yaml.Unmarshal([]byte(readPage(t, "../.github/workflows/ci.yml")), &workflow); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"contents": "read"}, workflow.Permissions); diff != "" {
		t.Errorf("permissions (-want +got):\n%s", diff)
	}
	gate := false
	for _, job := range workflow.Jobs {
		for _, step := range job.Steps {
			gate = gate || step.Run == ".ci/run"
		}
	}
	if !gate {
		t.Error("no step runs .ci/run")
	}
}
