package cfapi

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"access-policy-mcp/internal/jsonscan"
)

// Notice is an entry of the envelope's errors or messages.
type Notice struct {
	// Code is Cloudflare's number for it; 0 when there is none.
	Code int
	// Message is Cloudflare's text, cleaned; "" when there is none.
	Message string
	// DocumentationURL points to an explanation on a site of Cloudflare's; often "".
	DocumentationURL string
	// Pointer is the JSON pointer to the offending part of the request; often "".
	Pointer string
}

// String renders the notice on one line, its text quoted.
func (n Notice) String() string {
	s := fmt.Sprintf("%d %s", n.Code, Quote(n.Message))
	if n.Pointer != "" {
		s += " at " + Quote(n.Pointer)
	}
	if n.DocumentationURL != "" {
		s += " (see " + n.DocumentationURL + ")"
	}
	return s
}

// maxNotices bounds how many errors or messages of one answer are kept.
const maxNotices = 5

// notices reads a list of errors or messages. It takes whatever it finds: a remark in a
// form that nobody documents must not cost the figures that came with it.
func (c *Client) notices(list json.RawMessage) []Notice {
	var out []Notice
	var add func(json.RawMessage)
	add = func(list json.RawMessage) {
		var entries []json.RawMessage
		if json.Unmarshal(list, &entries) != nil {
			entries = []json.RawMessage{list} // one that is no list
		}
		for _, entry := range entries {
			if len(out) == maxNotices {
				return
			}
			notice, chain := c.notice(entry)
			out = append(out, notice)
			if chain != nil {
				add(chain)
			}
		}
	}
	if len(list) > len("[]") {
		add(list)
	}
	return out
}

// notice reads one entry, and the list of inner reasons that some authentication errors
// have.
func (c *Client) notice(entry json.RawMessage) (n Notice, chain json.RawMessage) {
	err := eachField(entry, func(name, value []byte) error {
		switch string(name) {
		case "code":
			var code Count
			_ = code.UnmarshalJSON([]byte(text(value))) // a code that is no number is none
			n.Code = int(code)
		case "message":
			n.Message = c.clean(text(value), maxText)
		case "documentation_url":
			n.DocumentationURL = documentationURL(c.clean(text(value), maxAddress))
		case "source":
			n.Pointer = c.pointer(value)
		case "error_chain":
			chain = value
		}
		return nil
	})
	if err != nil { // it is no object
		return Notice{Message: c.clean(text(entry), maxText)}, nil
	}
	return n, chain
}

// pointer is that of a notice's source. A source of another form points nowhere.
func (c *Client) pointer(source []byte) (pointer string) {
	_ = eachField(source, func(name, value []byte) error {
		if string(name) == "pointer" {
			pointer = c.clean(text(value), maxName)
		}
		return nil
	})
	return pointer
}

// text is a string or, of any other value, the JSON itself; "" for null.
func text(value []byte) string {
	if string(value) == "null" {
		return ""
	}
	if s, err := jsonscan.String(value); err == nil {
		return s
	}
	return string(value)
}

// documentationURL keeps addresses of Cloudflare's own, because readers follow
// them.
func documentationURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || u.User != nil || !strings.HasSuffix("."+u.Host, ".cloudflare.com") || len(u.String()) > maxAddress {
		return ""
	}
	return u.String()
}
