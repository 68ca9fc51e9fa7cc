package cfapi

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
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
	if len(list) > 0 && string(list) != "null" {
		add(list)
	}
	return out
}

// notice reads one entry, and the list of inner reasons that some authentication errors
// have.
func (c *Client) notice(entry json.RawMessage) (n Notice, chain json.RawMessage) {
	var f fields
	if json.Unmarshal(entry, &f) != nil {
		return Notice{Message: c.clean(text(entry), maxText)}, nil
	}
	var source fields
	_ = json.Unmarshal(f["source"], &source) // a source of another form points nowhere
	var code Count
	_ = json.Unmarshal([]byte(text(f["code"])), &code) // a code that is no number is none
	return Notice{
		Code:             int(code),
		Message:          c.clean(text(f["message"]), maxText),
		DocumentationURL: documentationURL(c.clean(text(f["documentation_url"]), maxAddress)),
		Pointer:          c.clean(text(source["pointer"]), maxName),
	}, f["error_chain"]
}

// text is a string or, of any other value, the JSON itself; "" for null.
func text(raw json.RawMessage) string {
	var s *string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	if s == nil {
		return ""
	}
	return *s
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
