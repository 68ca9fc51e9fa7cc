package clients

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestForeignEntry: the arguments of another program do not stay, and it is said; those of
// this one do, wherever it was.
func TestForeignEntry(t *testing.T) {
	for _, tt := range []struct{ command, args, wanted, replaced string }{
		{"npx", `["-y","other-server","--flag"]`, `[]`, "npx"},
		{"/usr/bin/docker", `["run","-i","image"]`, `[]`, "docker"},
		{`C:\\tools\\other.exe`, `["x"]`, `[]`, "other"},
		{"/opt/access-policy-mcp-2/other", `["x"]`, `[]`, "other"},
		{"npx", `[]`, `[]`, ""},
		{"/gone/access-policy-mcp", `["--allow-start"]`, `["--allow-start"]`, ""},
		{`C:\\gone\\access-policy-mcp.EXE`, `["--allow-start"]`, `["--allow-start"]`, ""},
	} {
		c, m := cursor(), here(t)
		write(t, c.Path(m, User), `{"mcpServers":{"access-policy":{"command":"`+tt.command+`","args":`+tt.args+`}}}`)
		result := install(t, c, m, fixed(), Renewed)
		if got := entryIn(t, c, m)["args"]; encoded(got) != tt.wanted || result.Replaced != tt.replaced {
			t.Errorf("%s %s: %s, %q", tt.command, tt.args, encoded(got), result.Replaced)
		}
	}
	// A program with another name, which the new entry has too.
	c, m := cursor(), here(t)
	write(t, c.Path(m, User), `{"mcpServers":{"access-policy":{"command":"/gone/apm","args":["--allow-start"]}}}`)
	if result := install(t, c, m, Server{Command: "/bin/apm"}, Renewed); result.Replaced != "" || encoded(entryIn(t, c, m)["args"]) != `["--allow-start"]` {
		t.Errorf("%+v", result)
	}
}

// TestThereAndBack: an entry that becomes one for HTTP and one for stdio again is as if it
// had never been another, in every client.
func TestThereAndBack(t *testing.T) {
	local := fixed()
	remote := Server{URL: "http://127.0.0.1:8080/mcp", Bearer: "ACCESS_POLICY_MCP_BEARER_TOKEN"}
	for _, c := range All() {
		if _, ok := c.Remote(); !ok {
			continue
		}
		for _, way := range [][]Server{{local, remote, local}, {remote, local, remote}} {
			m, fresh := here(t), here(t)
			install(t, c, m, way[0], Added)
			install(t, c, m, way[1], Renewed)
			install(t, c, m, way[2], Renewed)
			install(t, c, fresh, way[2], Added)
			if diff := cmp.Diff(entryIn(t, c, fresh), entryIn(t, c, m)); diff != "" {
				t.Errorf("%s: (-fresh +renewed):\n%s", c.Name, diff)
			}
		}
	}
}

// TestTypeOfUser: a type that the client does not need stays as long as it is true.
func TestTypeOfUser(t *testing.T) {
	for _, tt := range []struct {
		is     string
		server Server
		want   any
	}{
		{`"type":"stdio","command":"/gone/access-policy-mcp"`, fixed(), "stdio"},
		{`"type":"stdio","command":"/gone/access-policy-mcp"`, Server{URL: "http://x/mcp"}, nil},
		{`"type":"sse","url":"http://x/sse"`, Server{URL: "http://x/mcp"}, nil},
		{`"type":"http","url":"http://y/mcp"`, Server{URL: "http://x/mcp"}, "http"},
		{`"type":"http","command":"/gone/access-policy-mcp"`, fixed(), nil},
	} {
		c, m := cursor(), here(t)
		write(t, c.Path(m, User), `{"mcpServers":{"access-policy":{`+tt.is+`}}}`)
		install(t, c, m, tt.server, Renewed)
		if got := entryIn(t, c, m)["type"]; got != tt.want {
			t.Errorf("%s: %v", tt.is, got)
		}
	}
}

// TestStaleCredentials: what an earlier renewal has said about credentials goes when it is
// not so any more, and what somebody has written there stays.
func TestStaleCredentials(t *testing.T) {
	kept := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(kept, []byte("t"), 0o600); err != nil {
		t.Fatal(err)
	}
	gone := kept + "-gone"
	for _, tt := range []struct {
		client, is string
		server     Server
		want       string // "" for no variables at all
	}{
		{"cursor", `"env":{"CLOUDFLARE_API_TOKEN":"${env:CLOUDFLARE_API_TOKEN}","A":"b"}`, Server{}, `{"A":"b"}`},
		{"cursor", `"env":{"CLOUDFLARE_API_TOKEN":"${CLOUDFLARE_API_TOKEN}","CLOUDFLARE_EMAIL":"$CLOUDFLARE_EMAIL"}`, Server{}, ""},
		{"gemini", `"env":{"CLOUDFLARE_API_TOKEN":"${CLOUDFLARE_API_TOKEN:-}"}`, Server{}, ""},
		{"cursor", `"env":{"CLOUDFLARE_API_TOKEN":"literal"}`, Server{}, `{"CLOUDFLARE_API_TOKEN":"literal"}`},
		{"cursor", `"env":{"CLOUDFLARE_API_TOKEN":"${env:MINE}"}`, Server{}, `{"CLOUDFLARE_API_TOKEN":"${env:MINE}"}`},
		{"cursor", `"env":{"CLOUDFLARE_API_TOKEN_FILE":` + encoded(gone) + `}`, Server{}, ""},
		{"cursor", `"env":{"CLOUDFLARE_API_TOKEN_FILE":` + encoded(kept) + `}`, Server{}, `{"CLOUDFLARE_API_TOKEN_FILE":` + encoded(kept) + `}`},
		{"cursor", `"env":{"CLOUDFLARE_API_TOKEN":"${env:CLOUDFLARE_API_TOKEN}"}`, Server{Variables: []Pair{{"CLOUDFLARE_API_TOKEN_FILE", kept}}}, `{"CLOUDFLARE_API_TOKEN_FILE":` + encoded(kept) + `}`},
		{"cursor", `"env":{"CLOUDFLARE_API_TOKEN_FILE":` + encoded(gone) + `}`, Server{Forward: []string{"CLOUDFLARE_API_TOKEN"}}, `{"CLOUDFLARE_API_TOKEN":"${env:CLOUDFLARE_API_TOKEN}"}`},
	} {
		c, _ := Find(tt.client)
		m := here(t)
		write(t, c.Path(m, User), `{"mcpServers":{"access-policy":{"command":"/gone/access-policy-mcp",`+tt.is+`}}}`)
		tt.server.Command = "/bin/access-policy-mcp"
		install(t, c, m, tt.server, Renewed)
		env, present := entryIn(t, c, m)["env"]
		if present != (tt.want != "") || present && encoded(env) != tt.want {
			t.Errorf("%s: %s", tt.is, encoded(env))
		}
		install(t, c, m, tt.server, Unchanged)
	}
	c, m := codex(), here(t)
	write(t, c.Path(m, User), "[mcp_servers.access-policy]\ncommand = '/gone/access-policy-mcp'\nenv_vars = ['CLOUDFLARE_API_TOKEN', 'MINE']\n")
	install(t, c, m, Server{Command: "/bin/access-policy-mcp"}, Renewed)
	if got := entryIn(t, c, m)["env_vars"]; encoded(got) != `["MINE"]` {
		t.Errorf("%v", got)
	}
}

// TestContradiction: an entry that would have a token and a file with one is refused, and
// one that has both does not work.
func TestContradiction(t *testing.T) {
	kept := filepath.Join(t.TempDir(), "token")
	write(t, kept, "t")
	program := filepath.Join(t.TempDir(), "access-policy-mcp")
	write(t, program, "")
	if err := os.Chmod(program, 0o700); err != nil {
		t.Fatal(err)
	}
	c, m := cursor(), here(t)
	before := `{"mcpServers":{"access-policy":{"command":` + encoded(program) + `,"env":{"CLOUDFLARE_API_TOKEN":"literal"}}}}`
	write(t, c.Path(m, User), before)
	_, err := c.Install(t.Context(), m, User, Server{Command: program, Variables: []Pair{{"CLOUDFLARE_API_TOKEN_FILE", kept}}}, CommandOptions{})
	if err == nil || !strings.Contains(err.Error(), "CLOUDFLARE_API_TOKEN and CLOUDFLARE_API_TOKEN_FILE would both") || fileText(t, c.Path(m, User)) != before {
		t.Errorf("%v", err)
	}
	for env, words := range map[string]string{
		`{"CLOUDFLARE_API_TOKEN":"literal","CLOUDFLARE_API_TOKEN_FILE":` + encoded(kept) + `}`: "are both in the entry",
		`{"CLOUDFLARE_API_TOKEN_FILE":` + encoded(kept+"-gone") + `}`:                          "CLOUDFLARE_API_TOKEN_FILE in the entry names a file that does not exist",
		`{"CLOUDFLARE_API_TOKEN_FILE":` + encoded(kept) + `}`:                                  "",
	} {
		write(t, c.Path(m, User), `{"mcpServers":{"access-policy":{"command":`+encoded(program)+`,"env":`+env+`}}}`)
		entry := c.Status(m).Entries[0]
		if entry.Works() != (words == "") || entry.CommandErr != nil && !strings.Contains(entry.CommandErr.Error(), words) {
			t.Errorf("%s: %v", env, entry.CommandErr)
		}
	}
}

// entryIn is our entry in the user's file.
func entryIn(t *testing.T, c Client, m Machine) map[string]any {
	t.Helper()
	ours, err := c.ours([]byte(fileText(t, c.Path(m, User))))
	if err != nil {
		t.Fatal(err)
	}
	return ours
}

// encoded is a value as JSON.
func encoded(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(data)
}
