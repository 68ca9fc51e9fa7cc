package tools_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the goldens instead of comparing them")

// golden compares sections of a txtar file with what the program says now, or
// rewrites them.
type golden struct {
	t       *testing.T
	path    string
	archive *txtar.Archive
	changed bool
}

func openGolden(t *testing.T, path string) *golden {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{t: t, path: path, archive: archive}
	t.Cleanup(g.save)
	return g
}

func (g *golden) compare(t *testing.T, name, got string) {
	t.Helper()
	for i := range g.archive.Files {
		file := &g.archive.Files[i]
		if file.Name != name {
			continue
		}
		if *update {
			g.changed = g.changed || string(file.Data) != got+"\n"
			file.Data = []byte(got + "\n")
		} else if diff := cmp.Diff(string(file.Data), got+"\n"); diff != "" {
			t.Errorf("%s, section %s (-want +got):\n%s", g.path, name, diff)
		}
		return
	}
	if !*update {
		t.Errorf("%s has no section %s; run the tests with -update", g.path, name)
		return
	}
	g.changed = true
	g.archive.Files = append(g.archive.Files, txtar.File{Name: name, Data: []byte(got + "\n")})
}

func (g *golden) save() {
	if g.changed {
		if err := os.WriteFile(g.path, txtar.Format(g.archive), 0o644); err != nil {
			g.t.Error(err)
		}
	}
}
