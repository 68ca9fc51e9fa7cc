package server

import (
	"cmp"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"access-policy-mcp/cfapi/simulator"
)

var update = flag.Bool("update", false, "write the goldens instead of comparing them")

// TestTranscripts plays the messages of a client over each transport and
// compares the answers: testdata/transcripts/ERA.txtar has the messages in its
// section "client", one a line, and the answers in a section for each transport.
func TestTranscripts(t *testing.T) {
	paths, err := filepath.Glob("../testdata/transcripts/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var messages []string
		for _, file := range archive.Files {
			if file.Name == "client" {
				messages = strings.Split(strings.TrimSpace(string(file.Data)), "\n")
			} else if players[file.Name] == nil {
				t.Errorf("%s: nothing compares the section %s", path, file.Name)
			}
		}
		if len(messages) == 0 {
			t.Fatalf("%s has no messages", path)
		}
		for transport, play := range players {
			t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar")+"/"+transport, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, _ := newServer(t, simulator.New())
					compareSection(t, archive, transport, play(t, s, messages))
				})
			})
		}
		if *update {
			if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func compareSection(t *testing.T, archive *txtar.Archive, name, got string) {
	t.Helper()
	for i := range archive.Files {
		if archive.Files[i].Name == name {
			if *update {
				archive.Files[i].Data = []byte(got)
			} else if diff := gocmp.Diff(string(archive.Files[i].Data), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			return
		}
	}
	if !*update {
		t.Fatalf("no section %s; run the tests with -update", name)
	}
	archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(got)})
}

// isRequest reports whether a message is to be answered.
func isRequest(message string) bool {
	var m struct{ ID, Method any }
	return json.Unmarshal([]byte(message), &m) != nil || m.ID != nil && m.Method != nil
}

// players send messages over a transport, one after the other, and return the answers,
// one a line.
var players = map[string]func(*testing.T, *Server, []string) string{"stdio": playStdio, "http": playHTTP, "sse": playSSE}

func playStdio(t *testing.T, s *Server, messages []string) string {
	c := startStdio(t, s)
	var out strings.Builder
	for _, message := range messages {
		c.send(t, message)
		if isRequest(message) {
			var raw json.RawMessage
			if err := c.out.Decode(&raw); err != nil {
				t.Fatal(err)
			}
			out.WriteString(string(raw) + "\n")
		}
	}
	c.end(t)
	return out.String()
}

func playHTTP(t *testing.T, s *Server, messages []string) string {
	client, shutdown, ended := startHTTP(t, s)
	defer end(t, shutdown, ended)
	var out strings.Builder
	for _, message := range messages {
		req := newPost(t.Context(), t, "/mcp", message)
		setModernHeaders(req.Header, message)
		resp, body := do(t, client, req)
		out.WriteString(resp.Status + " " + strings.TrimSpace(body) + "\n")
	}
	return out.String()
}

// setModernHeaders adds what 2026-07-28 wants to see in the header besides the
// body.
func setModernHeaders(header http.Header, message string) {
	var m struct {
		Method string
		Params struct {
			Name, URI string
			Meta      struct {
				Version string `json:"io.modelcontextprotocol/protocolVersion"`
			} `json:"_meta"`
		}
	}
	if json.Unmarshal([]byte(message), &m) != nil || m.Params.Meta.Version == "" {
		return
	}
	header.Set("Mcp-Protocol-Version", m.Params.Meta.Version)
	header.Set("Mcp-Method", m.Method)
	if name := cmp.Or(m.Params.Name, m.Params.URI); name != "" {
		header.Set("Mcp-Name", name)
	}
}

func playSSE(t *testing.T, s *Server, messages []string) string {
	client, shutdown, ended := startHTTP(t, s)
	c := openSSE(t, client)
	defer func() {
		c.close()
		end(t, shutdown, ended)
	}()
	var out strings.Builder
	for _, message := range messages {
		// The connection in memory has no buffer: an answer waits to be read.
		posted := start(client, newPost(t.Context(), t, c.endpoint, message))
		if isRequest(message) {
			out.WriteString(c.next() + "\n")
		}
		if body := <-posted; body != "" {
			t.Errorf("posted: %s", body)
		}
	}
	return out.String()
}
