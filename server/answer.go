package server

import (
	"encoding/json"
	"slices"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"

	"access-policy-mcp/tools/typed"
)

// appendAnswer appends the response to the call m, with the members that mcp-go gives it,
// in the same order.
func (s *Server) appendAnswer(out []byte, m *message, result *mcp.CallToolResult) []byte {
	structured, _ := result.StructuredContent.(typed.JSON)
	size := 256 + len(m.id) + len(structured)
	for _, content := range result.Content {
		if text, ok := content.(mcp.TextContent); ok {
			size += len(text.Text) + len(text.Text)/4 // what is quoted grows
		}
	}
	out = slices.Grow(out, size)
	out = append(out, `{"jsonrpc":"2.0","id":`...)
	out = append(out, m.id...)
	out = append(out, `,"result":{`...)
	out = s.appendMeta(out, m.call.modern, result.Meta)
	out = append(out, `"content":[`...)
	for i, content := range result.Content {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendContent(out, content)
	}
	out = append(out, ']')
	if result.IsError {
		out = append(out, `,"isError":true`...)
	}
	if m.call.modern {
		out = append(out, `,"resultType":"`+mcp.ResultTypeComplete+`"`...)
	}
	switch {
	case structured != "":
		out = append(append(out, `,"structuredContent":`...), structured...)
	case result.StructuredContent != nil:
		out = appendJSON(append(out, `,"structuredContent":`...), result.StructuredContent)
	}
	return append(out, "}}"...)
}

// appendMeta appends the _meta of a result, if there is one. From revision 2026-07-28 on
// results name the server (MCP specification, "Base Protocol: _meta").
func (s *Server) appendMeta(out []byte, modern bool, meta *mcp.Meta) []byte {
	if modern {
		if meta == nil {
			meta = &mcp.Meta{}
		}
		meta.SetServerInfo(mcp.Implementation{Name: Name, Version: s.version, Title: title})
	}
	if meta == nil {
		return out
	}
	return append(appendJSON(append(out, `"_meta":`...), meta), ',')
}

func appendContent(out []byte, content mcp.Content) []byte {
	text, ok := content.(mcp.TextContent)
	if !ok || text.Annotations != nil || text.Meta != nil {
		return appendJSON(out, content)
	}
	out = appendString(append(out, `{"type":"text","text":`...), text.Text)
	return append(out, '}')
}

// appendJSON appends what a result is made of, which can always be written.
func appendJSON(out []byte, value any) []byte {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return append(out, data...)
}

// appendString appends a JSON string (RFC 8259, section 7). It escapes only what has to
// be. What is not UTF-8 becomes U+FFFD.
func appendString(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	begin := 0 // of what is appended as it is
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				out = append(append(out, s[begin:i]...), "\uFFFD"...)
				begin = i + 1
			}
			i += size
			continue
		case c == '"' || c == '\\':
			out = append(append(out, s[begin:i]...), '\\', c)
			begin = i + 1
		case c == '\n':
			out = append(append(out, s[begin:i]...), '\\', 'n')
			begin = i + 1
		case c < ' ' || c == 0x7f:
			out = append(append(out, s[begin:i]...), '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			begin = i + 1
		}
		i++
	}
	return append(append(out, s[begin:]...), '"')
}
