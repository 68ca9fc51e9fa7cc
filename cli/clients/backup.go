package clients

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// backupPath is where the file as it was before is kept: beside the name that people know,
// which may be a link to a folder of somebody else.
func backupPath(named string) string { return named + ".access-policy-mcp.bak" }

// backUp keeps the file as it is. A backup that shows the file as it was before our entry
// came stays as long as nothing else has changed since.
func (c Client) backUp(file content, result *Result) error {
	if !file.exists || result.Backup != "" { // before the client's own command
		return nil
	}
	path := backupPath(result.Path)
	if ours, err := c.ours(file.data); err == nil && ours != nil && c.before(file, result.Path) != nil {
		result.Backup = path
		return nil
	}
	if err := c.keepOlder(file, path); err != nil {
		return err
	}
	if err := file.keepAt(path); err != nil {
		return fmt.Errorf("the file cannot be kept as it is: %w", err)
	}
	result.Backup = path
	return nil
}

// maxOlder is how many backups with something that the file lacks are kept besides.
const maxOlder = 100

// keepOlder moves a backup away that has servers which the file lacks: it may be all that
// is left of them.
func (c Client) keepOlder(file content, path string) error {
	old, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.lost(old.data, file.data) == nil {
		return nil
	}
	for n := range maxOlder {
		older := fmt.Sprintf("%s.%d", path, n+1)
		if _, err := os.Lstat(older); errors.Is(err, fs.ErrNotExist) {
			return os.Rename(path, older)
		}
	}
	return fmt.Errorf("there are %d backups beside %s already: delete those that are not needed", maxOlder, path)
}

// lost says what of a file is not in another one any more: a server other than ours, or
// everything, if the other one cannot be read. It is nil if nothing is.
func (c Client) lost(before, after []byte) error {
	then, _ := c.servers(before)
	now, err := c.servers(after)
	if err != nil {
		return err
	}
	for name := range then {
		if _, ok := now[name]; !ok && name != EntryName {
			return fmt.Errorf("the server %q is not in it any more", name)
		}
	}
	return nil
}

// servers are those that a file has.
func (c Client) servers(data []byte) (map[string]any, error) {
	if _, err := c.ours(data); err != nil {
		return nil, err
	}
	document, err := c.format.decode(data, nil)
	servers, _ := document[c.key].(map[string]any)
	return servers, err
}

// putBack writes a file without our entry: as it was before that came, if nothing else has
// changed since. A file that has nothing but an entry of our making goes.
func (c Client) putBack(file content, changed []byte, result *Result) error {
	backup := backupPath(result.Path)
	if before := c.before(file, result.Path); before != nil {
		if err := file.replace(before.data, false); err != nil {
			return err
		}
		return removed(backup)
	}
	if info, err := os.Lstat(result.Path); err == nil && info.Mode().IsRegular() && c.onlyAdds(file.data, nil) {
		return c.removeFile(file, result)
	}
	if err := c.backUp(file, result); err != nil {
		return err
	}
	return file.replace(changed, false)
}

// removeFile deletes a file that has nothing but our entry. What somebody has written into
// that is kept beside it.
func (c Client) removeFile(file content, result *Result) error {
	backup := backupPath(result.Path)
	if !c.generated(file.data) {
		if err := c.backUp(file, result); err != nil {
			return err
		}
	} else if old, err := read(backup); err == nil && c.generated(old.data) {
		_ = removed(backup)
	}
	if !file.unchanged() {
		return errChanged
	}
	return removed(file.path)
}

// removed deletes a file, which somebody else may have done already.
func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// generated reports whether a file has nothing but an entry as this program writes it.
func (c Client) generated(data []byte) bool {
	document, err := c.format.decode(data, nil)
	ours, oursErr := c.ours(data)
	if err != nil || oursErr != nil || ours == nil || c.format.commented(data) {
		return false
	}
	s := Server{Command: text(ours, "command", "cmd"), URL: text(ours, "url", "serverUrl", "httpUrl", "uri")}
	if s.URL != "" && c.remote == nil {
		return false
	}
	args, _ := ours["args"].([]any)
	s.Args = texts(args)
	for _, key := range slices.Concat(valueKeys, nameKeys) {
		if !s.readVariables(ours[key]) {
			return false
		}
	}
	if s.URL != "" && (ours["headers"] != nil || ours["bearer_token_env_var"] != nil) {
		s.Bearer = "ACCESS_POLICY_MCP_BEARER_TOKEN"
	}
	block, err := c.format.decode([]byte(c.Block(s)), nil)
	return err == nil && same(block, document)
}

// readVariables puts the variables of an entry into the server; false if there is one that
// this program does not write.
func (s *Server) readVariables(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		for name, value := range v {
			text, ok := value.(string)
			switch {
			case !ok:
				return false
			case slices.Contains(credentialVariables, name) && stale(name, text) && !isFileVariable(name):
				s.Forward = append(s.Forward, name)
			case isFileVariable(name) || slices.Contains([]string{"CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_BASE_URL", "XDG_CONFIG_HOME"}, name):
				s.Variables = append(s.Variables, Pair{name, text})
			default:
				return false
			}
		}
	case []any:
		s.Forward = append(s.Forward, texts(v)...)
	}
	return true
}

// before is the backup of a file, if the file is nothing but that with our entry added;
// nil if it is not.
func (c Client) before(file content, named string) *content {
	kept, err := read(backupPath(named))
	if err != nil || !c.onlyAdds(file.data, kept.data) {
		return nil
	}
	if ours, err := c.ours(kept.data); err != nil || ours != nil {
		return nil
	}
	return &kept
}

// onlyAdds reports whether a file is what becomes of another one when our entry, whatever
// is in it, is added there.
func (c Client) onlyAdds(data, to []byte) bool {
	path := []string{c.key, EntryName}
	if _, err := c.ours(to); err != nil {
		return false // what does not parse is not to be edited either
	}
	now, err := c.format.remove(data, path)
	if err != nil {
		return false
	}
	added, err := c.format.set(to, path, object{{"command", ""}})
	if err != nil {
		return false
	}
	then, err := c.format.remove(added, path)
	return err == nil && bytes.Equal(then, now)
}
