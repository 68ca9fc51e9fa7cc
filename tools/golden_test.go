package tools_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the goldens instead of comparing them")

// golden compares sections of a txtar file with what the program says, or rewrites
// them. A section that the test does not use is a fault.
type golden struct {
	t       *testing.T
	path    string
	archive *txtar.Archive
	used    map[string]bool
}

func openGolden(t *testing.T, path string) *golden {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{t: t, path: path, archive: archive, used: map[string]bool{}}
	t.Cleanup(g.close)
	return g
}

// inputs returns the sections whose name ends in suffix, by the rest of the name.
func (g *golden) inputs(suffix string) map[string]string {
	g.t.Helper()
	inputs := map[string]string{}
	for _, file := range g.archive.Files {
		if name, ok := strings.CutSuffix(file.Name, suffix); ok {
			g.used[file.Name] = true
			inputs[name] = string(file.Data)
		}
	}
	if len(inputs) == 0 {
		g.t.Fatalf("%s has no section *%s", g.path, suffix)
	}
	return inputs
}

// compare compares the section of that name with got.
func (g *golden) compare(t *testing.T, name, got string) {
	t.Helper()
	g.used[name] = true
	got += "\n"
	i := slices.IndexFunc(g.archive.Files, func(file txtar.File) bool { return file.Name == name })
	switch {
	case i < 0 && *update:
		g.archive.Files = append(g.archive.Files, txtar.File{Name: name, Data: []byte(got)})
	case i < 0:
		t.Errorf("%s has no section %s; run the tests with -update", g.path, name)
	case *update:
		g.archive.Files[i].Data = []byte(got)
	default:
		if diff := cmp.Diff(string(g.archive.Files[i].Data), got); diff != "" {
			t.Errorf("%s, section %s (-want +got):\n%s", g.path, name, diff)
		}
	}
}

// close reports sections that nothing used, or writes the file without them.
func (g *golden) close() {
	if g.t.Failed() || strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		return // not all of the test ran
	}
	unused := func(file txtar.File) bool { return !g.used[file.Name] }
	if *update {
		g.archive.Files = slices.DeleteFunc(g.archive.Files, unused)
		if err := os.WriteFile(g.path, txtar.Format(g.archive), 0o644); err != nil {
			g.t.Error(err)
		}
		return
	}
	for _, file := range g.archive.Files {
		if unused(file) {
			g.t.Errorf("%s: nothing compares the section %s; run the tests with -update", g.path, file.Name)
		}
	}
}
