package clients

import (
	"encoding/base64"
	"net/url"
)

// Block is our entry as a file that has nothing else.
func (c Client) Block(s Server) string {
	return c.format.block(nest([]string{c.key, EntryName}, c.wanted(s)).(object))
}

// wanted is our entry.
func (c Client) wanted(s Server) object {
	if s.URL != "" {
		return c.remote(s)
	}
	return c.local(s)
}

// Language is that of the client's file, as in fenced blocks of Markdown.
func (c Client) Language() string {
	switch c.format.(type) {
	case tomlFormat:
		return "toml"
	case yamlFormat:
		return "yaml"
	default:
		return "json"
	}
}

// CursorLink is a link that adds the server to Cursor.
func CursorLink(s Server) string {
	config := encodeJSON(cursor().local(s), style{})
	return "cursor://anysphere.cursor-deeplink/mcp/install?name=" + EntryName + "&config=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(config)))
}

// VSCodeLink is a link that adds the server to VS Code.
func VSCodeLink(s Server) string {
	return "vscode:mcp/install?" + url.PathEscape(withName(encodeJSON(vscode().local(s), style{})))
}
