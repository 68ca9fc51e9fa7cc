package clients

import (
	"bytes"
	"testing"
	"unicode"
)

// FuzzEdit adds our entry to any file and takes it away again: nothing else changes, and
// nothing panics.
func FuzzEdit(f *testing.F) {
	for _, text := range []string{"", "{}", "{\"a\": 1, // c\n}", "{\"mcpServers\": {\"b\": {}}}", "{\"mcpServers\": [/* c */]}", byteOrderMark + "{\r\n}", "{\"mcpServers\":{\"access-policy\":{\"command\":\"x\",},},}"} {
		f.Add(0, []byte(text))
	}
	for _, text := range []string{"a = 1 # c\n", "[mcp_servers]\nb = {c = 1}\n", "mcp_servers.b.c = 1", "[mcp_servers.access-policy]\nenv = { A = '1' }\n[[z]]", "a = '''\n[b]'''\r\n"} {
		f.Add(1, []byte(text))
	}
	for _, text := range []string{"a: 1 # c\n", "extensions:\n  b:\n    cmd: c\n", "extensions: {}", "extensions: null # c", "a: |\n  x\n", "extensions:\n  access-policy:\n    args:\n    - a\n"} {
		f.Add(2, []byte(text))
	}
	f.Fuzz(func(t *testing.T, kind int, data []byte) {
		c := []Client{cursor(), codex(), goose()}[uint(kind)%3]
		path := []string{c.key, EntryName}
		before, err := c.format.decode(data, path)
		if err != nil {
			return
		}
		ours, err := c.ours(data)
		if err != nil {
			return
		}
		changes, err := renewal(path, ours, c.local(fixed()))
		if err != nil {
			return // two variables that contradict each other
		}
		changed, err := apply(c.format, data, changes)
		if err != nil {
			return
		}
		if entry, err := c.ours(changed); err != nil || text(entry, "command", "cmd") != fixed().Command {
			t.Fatalf("the entry is %v, %v", entry, err)
		}
		again, err := apply(c.format, changed, mustRenewal(t, path, c.must(t, changed), c.local(fixed())))
		if err != nil || !bytes.Equal(again, changed) {
			t.Fatalf("the second time: %v\n%q\n%q", err, changed, again)
		}
		if ours != nil {
			return
		}
		servers, _ := before[c.key].(map[string]any)
		if !contains(changed, data) && !(c.format.nullIsEmpty() && len(servers) == 0) { // there {} or null is replaced

			t.Fatalf("something is missing:\n%q\n%q", data, changed)
		}
		removed, err := c.without(changed)
		if err != nil {
			return // another layout than ours
		}
		after, err := c.format.decode(removed, path)
		for _, document := range []map[string]any{before, after} {
			if left, _ := document[c.key].(map[string]any); len(left) == 0 {
				delete(document, c.key) // empty or missing is the same to a client
			}
		}
		if err != nil || len(before)+len(after) > 0 && !same(before, after) {
			t.Fatalf("%v: before %v, after %v", err, before, after)
		}
	})
}

func mustRenewal(t *testing.T, path []string, is map[string]any, wanted object) []change {
	t.Helper()
	changes, err := renewal(path, is, wanted)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

func (c Client) must(t *testing.T, data []byte) map[string]any {
	ours, err := c.ours(data)
	if err != nil {
		t.Fatal(err)
	}
	return ours
}

// contains reports whether all that is visible in part is in whole, in that order.
func contains(whole, part []byte) bool {
	at := 0
	for _, c := range part {
		if unicode.IsSpace(rune(c)) {
			continue
		}
		i := bytes.IndexByte(whole[at:], c)
		if i < 0 {
			return false
		}
		at += i + 1
	}
	return true
}

// TestContains: the check of the fuzz target can fail.
func TestContains(t *testing.T) {
	if !contains([]byte("{ a, b }"), []byte("{a }")) || contains([]byte("{ a, b }"), []byte("{b a}")) {
		t.Error("it takes anything")
	}
}
