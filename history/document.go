package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"access-policy-mcp/cfapi"
)

// MaxTests is how many tests the list keeps: the newest of Cloudflare's, and as many
// simulated ones.
const MaxTests = 100

// version is that of the file's format. A program writes no file of a newer version: it
// could not keep what it does not know. Fields can be added without a new version.
const version = 1

// document is what the file holds, with all that this version of the program does not
// know.
type document struct {
	newer   bool // written by a program whose format this one does not know
	fields  map[string]json.RawMessage
	entries []entry // the newest first
}

// entry is an element of the list.
type entry struct {
	raw  json.RawMessage
	test Test
	// known is false for what this version cannot read. It stays as it is.
	known bool
}

// decode reads a file. If that is broken, it returns an error, and all that can be read
// up to there.
func decode(data []byte) (document, error) {
	doc := document{fields: map[string]json.RawMessage{}}
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	if len(data) == 0 {
		return doc, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	err := doc.decodeObject(decoder)
	doc.sort()
	if err != nil {
		return doc, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return doc, errors.New("there is something after the end of the document")
	}
	return doc, nil
}

func (d *document) decodeObject(decoder *json.Decoder) error {
	if err := expect(decoder, '{'); err != nil {
		return err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		if name == "tests" {
			if err := d.decodeTests(decoder); err != nil {
				return err
			}
			continue
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		if name == "version" {
			var number int
			d.newer = json.Unmarshal(value, &number) != nil || number > version
		}
		d.fields[name.(string)] = value // names in an object are strings
	}
	return expect(decoder, '}')
}

func (d *document) decodeTests(decoder *json.Decoder) error {
	if err := expect(decoder, '['); err != nil {
		return err
	}
	for decoder.More() {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return err
		}
		d.entries = append(d.entries, decodeEntry(raw))
	}
	return expect(decoder, ']')
}

func expect(decoder *json.Decoder, delimiter json.Delim) error {
	token, err := decoder.Token()
	if err == nil && token != delimiter {
		return errors.New("there is no " + delimiter.String() + " where there has to be one")
	}
	return err
}

func decodeEntry(raw json.RawMessage) entry {
	var test Test
	err := json.Unmarshal(raw, &test)
	known := err == nil && test.AccountID != "" && len(test.AccountID) <= cfapi.MaxAccountID &&
		test.PolicyTestID != "" && len(test.PolicyTestID) <= cfapi.MaxPolicyTestID
	if !known {
		return entry{raw: raw}
	}
	return entry{raw, test.cleaned(), true}
}

// remember adds a test, or what is new of it.
func (d *document) remember(test Test) {
	test = test.cleaned()
	i := slices.IndexFunc(d.entries, func(e entry) bool { return e.known && e.test.sameAs(test) })
	var old entry
	if i >= 0 {
		old = d.entries[i]
		d.entries = slices.Delete(d.entries, i, i+1)
	}
	if old.known {
		test = old.test.merge(test)
	}
	// Of two that were asked about at the same moment, the one that comes now is newer.
	d.entries = slices.Insert(d.entries, 0, entry{overlay(old, test), test, true})
	d.sort()
	d.trim()
}

// overlay is a test as JSON, together with the fields of its old entry that this version
// does not know.
func overlay(old entry, test Test) json.RawMessage {
	fields := map[string]json.RawMessage{}
	if old.raw != nil {
		_ = json.Unmarshal(old.raw, &fields) // it has been read before
	}
	result := fields["result"]
	data, _ := json.Marshal(test) // there is nothing in it that could fail
	_ = json.Unmarshal(data, &fields)
	if result != nil && test.Result == old.test.Result {
		fields["result"] = result // with what else is in it
	}
	data, _ = json.Marshal(fields)
	return data
}

// notAfter corrects tests that lie in the future, as after a change of the clock: they
// would stay the newest.
func (d *document) notAfter(now time.Time) {
	for i, e := range d.entries {
		if e.known && e.test.AskedAt.After(now) {
			e.test.AskedAt = now
			d.entries[i] = entry{overlay(e, e.test), e.test, true}
		}
	}
}

// sort puts the newest first, and what cannot be read last.
func (d *document) sort() {
	slices.SortStableFunc(d.entries, func(a, b entry) int { return b.test.AskedAt.Compare(a.test.AskedAt) })
}

// trim drops the oldest of each kind: neither simulated tests nor those of a newer
// program push others out.
func (d *document) trim() {
	type kind struct{ known, simulated bool }
	counts := map[kind]int{}
	d.entries = slices.DeleteFunc(d.entries, func(e entry) bool {
		k := kind{e.known, e.test.Simulated}
		counts[k]++
		return counts[k] > MaxTests
	})
}

// tests returns those that this version can read, the newest first.
func (d *document) tests() []Test {
	var tests []Test
	for _, e := range d.entries {
		if e.known {
			tests = append(tests, e.test)
		}
	}
	return tests
}

// encode returns the file.
func (d *document) encode() ([]byte, error) {
	entries := make([]json.RawMessage, len(d.entries))
	for i, e := range d.entries {
		entries[i] = e.raw
	}
	list, err := json.Marshal(entries)
	if err != nil {
		return nil, err
	}
	d.fields["version"], d.fields["tests"] = json.RawMessage("1"), list
	data, err := json.MarshalIndent(d.fields, "", "  ")
	return append(data, '\n'), err
}
