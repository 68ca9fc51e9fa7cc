package clients

import (
	"strings"
	"testing"
)

// TestNesting: what looks like a quotation mark or the end of a comment hides no brackets
// from the count, and brackets that are none do not count. A stack overflow ends the
// program, so the files are small enough to be parsed all the same.
func TestNesting(t *testing.T) {
	deep := strings.Repeat("[", maxNesting+1)
	for text, want := range map[string]bool{
		deep:                               true,
		deep[1:]:                           false,
		"// 5\" wide\n" + deep:             true,
		"/* 5\" */" + deep:                 true,
		"/*/ \" */" + deep:                 true,
		"// /*\n" + deep + "// */":         true,
		`{"// a": ` + deep:                 true,
		`{"a\\": ` + deep:                  true,
		`{"/*": "*/", "b": ` + deep:        true,
		"/ " + deep:                        true,
		"/* \n" + deep:                     false,
		"// " + deep:                       false,
		`{"a\"` + deep + `": 1}`:           false,
		`{"a": "` + deep + `"}`:            false,
		strings.Repeat("[]", 2*maxNesting): false,
		"/":                                false,
		`"\`:                               false,
	} {
		if got := nestsTooDeeply([]byte(text)); got != want {
			t.Errorf("%.20q: %v", text, got)
		}
	}
	for _, text := range []string{"// 5\" wide\n" + deep, "/* \" */ {\"a\": " + deep} {
		if _, err := (jsonFormat{}).decode([]byte(text), nil); err == nil || err.Error() != "the file is nested too deeply" {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}
