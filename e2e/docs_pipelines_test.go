package e2e

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"access-policy-mcp/cfapi/simulator"
)

// TestDocsPipelines runs the shell scripts of docs/pipelines.md, and those of its GitHub
// Actions steps, against the simulator's API. Its tests end with 20 % of the users
// blocked, which exceeds the limits of the page, and pass with the limits raised.
func TestDocsPipelines(t *testing.T) {
	t.Parallel()
	var scripts []string
	for _, b := range blocks(t, "bash") {
		scripts = append(scripts, b.text)
	}
	steps := 0
	for _, b := range blocks(t, "yml") {
		var list []struct{ Run string }
		if err := yaml.Unmarshal([]byte(b.text), &list); err != nil || len(list) == 0 {
			t.Fatalf("%v: %s", err, b.text)
		}
		for _, step := range list {
			steps++
			scripts = append(scripts, step.Run)
		}
	}
	if len(scripts) < 3 || steps == 0 {
		t.Errorf("only %d scripts were found, %d of steps", len(scripts), steps)
	}
	for _, script := range scripts {
		raised := strings.NewReplacer("--max-blocked 2%", "--max-blocked 20%", "--max-errored 0", "--max-errored 10%").Replace(script)
		for _, tt := range []struct {
			script string
			status int
			want   string
		}{
			{script, 5, "--max-blocked 2% is exceeded: 20% of the processed users are blocked; --max-errored 0 is exceeded: 2 users are errored"},
			{raised, 0, "is complete"},
		} {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				runPipeline(t, tt.script, tt.status, tt.want)
			})
		}
	}
}

// runPipeline runs a script as GitHub Actions does.
func runPipeline(t *testing.T, script string, status int, want string) {
	api := httptest.NewServer(simulator.New())
	defer api.Close()
	cmd := exec.Command("bash", "-e", "-c", script)
	cmd.Dir = t.TempDir()
	cmd.Env = append(environment(api.URL), "HOME="+cmd.Dir, "XDG_STATE_HOME="+cmd.Dir)
	policy := `{"name": "Staff", "decision": "allow", "include": [{"email_domain": {"domain": "example.com"}}]}`
	if err := os.WriteFile(filepath.Join(cmd.Dir, "policy.json"), []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != status || !strings.Contains(string(out), want) {
		t.Errorf("%d, want %d and %q:\n%s\n%s", got, status, want, script, out)
	}
	if strings.Contains(script, "users ") && (status == 5) != strings.Contains(string(out), "blocked\t") {
		t.Errorf("the users are not listed as the script says:\n%s", out)
	}
}
