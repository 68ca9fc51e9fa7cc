package e2e

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/server"
)

// interopModules are the npm packages that e2e/interop/run installs.
const interopModules = "interop/node_modules"

// TestExamplesTypeScript runs the example with the Node and the SDK that e2e/interop/run
// installs, and checks its types.
func TestExamplesTypeScript(t *testing.T) {
	t.Parallel()
	node, err := filepath.Glob(interopModules + "/node-linux-*/bin/node")
	if err != nil || len(node) == 0 {
		t.Skip("there is no Node: e2e/interop/run installs it")
	}
	// Node looks for packages beside the program.
	folder := t.TempDir()
	for _, name := range []string{"blocked.ts", "package.json"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(readPage(t, "../examples/typescript/"+name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(absolute(t, interopModules), filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	runExample(t, 0, absolute(t, node[0]), filepath.Join(folder, "blocked.ts"))

	check := exec.Command(absolute(t, node[0]), "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--erasableSyntaxOnly",
		"--skipLibCheck", "--module", "nodenext", "--target", "es2024", "--types", "node", "blocked.ts")
	check.Dir = folder
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

// TestExamplesTypeScriptVersion: the example asks for the version that the test has.
func TestExamplesTypeScriptVersion(t *testing.T) {
	t.Parallel()
	var example, tested struct{ Dependencies map[string]string }
	for path, manifest := range map[string]any{"../examples/typescript/package.json": &example, "interop/package.json": &tested} {
		if err := json.Unmarshal([]byte(readPage(t, path)), manifest); err != nil {
			t.Fatal(err)
		}
	}
	const sdk = "@modelcontextprotocol/client"
	if got, want := example.Dependencies[sdk], "^"+tested.Dependencies[sdk]; got != want {
		t.Errorf("the example asks for %s, want %s", got, want)
	}
}

// TestExamplesPython runs the example if Python has the SDK, and otherwise compiles it.
func TestExamplesPython(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	program := absolute(t, "../examples/python/blocked.py")
	if exec.Command(python, "-c", "import mcp").Run() == nil {
		runExample(t, 0, python, program)
		return
	}
	cmd := exec.Command(python, "-m", "py_compile", program)
	cmd.Env = append(os.Environ(), "PYTHONPYCACHEPREFIX="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

// TestExamplesShell: the step fails if more users are blocked than it allows, and lists
// them in any case.
func TestExamplesShell(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	for limit, status := range map[string]int{"": 5, "20%": 0, "3": 5} {
		t.Run(limit, func(t *testing.T) {
			t.Parallel()
			env, err := exec.LookPath("env")
			if err != nil {
				t.Skip("there is no env")
			}
			runExample(t, status, env, "MAX_BLOCKED="+limit, bash, absolute(t, "../examples/shell/step.sh"))
		})
	}
}

// runExample runs a program with the example's policy against an API on loopback, and
// checks that it lists the users who are blocked in the test that it has started.
func runExample(t *testing.T, status int, command ...string) {
	t.Helper()
	api := httptest.NewServer(simulator.New())
	defer api.Close()
	home := t.TempDir()
	run := func(status int, command ...string) []string {
		t.Helper()
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Env = append(environment(api.URL), stateIn(home)...)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, _ := cmd.Output()
		if got := cmd.ProcessState.ExitCode(); got != status {
			t.Fatalf("exit status %d, want %d: %s\n%s", got, status, command, stderr.String())
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		slices.Sort(lines)
		return lines
	}
	got := run(status, append(command, absolute(t, "../examples/policy.json"))...)
	// The history of the same home has the test.
	var want []string
	for _, line := range run(0, server.Name, "users", "--status", "blocked") {
		want = append(want, strings.Split(line, "\t")[1])
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 4 {
		t.Errorf("of the 4 users who are blocked (-want +got):\n%s", diff)
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
