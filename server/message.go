package server

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"

	"access-policy-mcp/internal/jsonscan"
)

const (
	// maxEnvelope is how long a message may be, in bytes and without white space, not
	// counting the arguments of a tool. What mcp-go makes of it can take many times as
	// much memory.
	maxEnvelope = 64 << 10
	// maxBatch is the greatest number of messages in a batch.
	maxBatch = 100
)

// message is a request or a notification of a client, without what nobody reads.
//
// mcp-go reads IDs and progress tokens as floating-point numbers, which large whole
// numbers do not survive, and decodes the arguments of tools several times, which can
// take fifty times their memory. So data, which is what mcp-go sees, has random texts in
// place of IDs and tokens, which restore replaces, and no arguments of tools. These reach
// the handler as they are (see [withArguments]).
//
// A call that is in order does not go to mcp-go at all.
type message struct {
	id     json.RawMessage // as the client wrote it; nil for a notification
	method string
	// arguments are those of tools/call; nil if there are none.
	arguments json.RawMessage
	// requestID is what notifications/cancelled refers to.
	requestID json.RawMessage
	call      *toolCall // nil unless the message is a call in order
	data      []byte    // nil then

	idText, tokenText string          // what stands in data for the ID and the progress token
	token             json.RawMessage // nil if there is none
}

// fault is why a message is refused.
type fault struct {
	id   json.RawMessage // nil if it is not known
	code int
	text string
	busy bool // the server as a whole has too much to do
}

// item is one message of a batch: a message, or why it is none.
type item struct {
	message *message
	fault   *fault
}

// input is what a client sends at once.
type input struct {
	items []item // without responses: this server asks nothing of its clients
	batch bool
}

// parse reads one message, or a batch of messages. header is that of the HTTP request that
// they came with; nil if they came another way. An error in the only message, or in the
// batch as a whole, is the fault that it returns.
func (s *Server) parse(data []byte, header http.Header) (input, *fault) {
	if !json.Valid(data) {
		return input{}, &fault{code: mcp.PARSE_ERROR, text: "the message is not valid JSON"}
	}
	data = bytes.TrimSpace(data)
	if data[0] == '[' {
		return s.parseBatch(data, header)
	}
	m, f := s.parseMessage(data, header)
	if m == nil {
		return input{}, f
	}
	return input{items: []item{{message: m}}}, nil
}

// parseBatch reads a batch, which has at least one message (JSON-RPC 2.0, section 6).
func (s *Server) parseBatch(data []byte, header http.Header) (input, *fault) {
	in := input{batch: true}
	n := 0
	err := jsonscan.Elements(data, func(element []byte) error {
		if n++; n > maxBatch {
			return errors.New("too many")
		}
		m, f := s.parseMessage(element, header)
		if m != nil && m.method == string(mcp.MethodInitialize) {
			m, f = nil, &fault{id: m.id, code: mcp.INVALID_REQUEST, text: "initialize must not be part of a batch"}
		}
		if m != nil || f != nil {
			in.items = append(in.items, item{m, f})
		}
		return nil
	})
	switch {
	case err != nil:
		return input{}, &fault{code: mcp.INVALID_REQUEST, text: "a batch must not have more than 100 messages"}
	case n == 0:
		return input{}, &fault{code: mcp.INVALID_REQUEST, text: "a batch must not be empty"}
	}
	return in, nil
}

// parts are the members of a message, as they are written.
type parts struct {
	version, id, method, params json.RawMessage
	answers                     bool // there is a result or an error
}

func readParts(data []byte) (p parts) {
	_ = jsonscan.Fields(data, func(name, value []byte) error { // it is an object
		switch string(name) {
		case "jsonrpc":
			p.version = value
		case "id":
			p.id = value
		case "method":
			p.method = value
		case "params":
			p.params = value
		case "result", "error":
			p.answers = true
		}
		return nil
	})
	return p
}

// check returns what is wrong with the parts of a request or a notification; nil if
// nothing is.
func (p parts) check() *fault {
	switch id := p.id; {
	case id != nil && id[0] != '"' && id[0] != '-' && (id[0] < '0' || id[0] > '9'):
		return &fault{code: mcp.INVALID_REQUEST, text: "the id of a request must be a string or a number"}
	case len(id)+len(p.method) > maxEnvelope:
		return &fault{code: mcp.INVALID_REQUEST, text: "the id or the method is too long"}
	case text(p.version) != mcp.JSONRPC_VERSION:
		return &fault{id: id, code: mcp.INVALID_REQUEST, text: `jsonrpc must be "2.0"`}
	case text(p.method) == "":
		return &fault{id: id, code: mcp.INVALID_REQUEST, text: "the method must be a string that is not empty"}
	case id != nil && p.params != nil && p.params[0] != '{' && string(p.params) != "null":
		return &fault{id: id, code: mcp.INVALID_REQUEST, text: "params must be an object"}
	}
	return nil
}

// parseMessage reads one message. It returns neither a message nor a fault for a
// response.
func (s *Server) parseMessage(data []byte, header http.Header) (*message, *fault) {
	if data[0] != '{' {
		return nil, &fault{code: mcp.INVALID_REQUEST, text: "a message must be one JSON object"}
	}
	p := readParts(data)
	if p.method == nil && p.answers {
		return nil, nil
	}
	p.id = bytes.Clone(p.id) // nothing of data stays
	if f := p.check(); f != nil {
		return nil, f
	}
	m := &message{id: p.id, method: text(p.method)}
	if m.id != nil && m.method == string(mcp.MethodToolsCall) {
		if call, params := s.orderly(p.id, p.params, header); call != nil {
			m.call, m.arguments = call, compact(params.arguments)
			m.setToken(params.meta.token)
			return m, nil
		}
	}
	m.assemble(p.method, p.params)
	if len(m.data)+len(m.id)+len(m.token) > maxEnvelope && m.method != string(mcp.MethodInitialize) {
		return nil, &fault{id: p.id, code: mcp.INVALID_PARAMS, text: "params must not be longer than 64 KiB besides the arguments of a tool"}
	}
	return m, nil
}

// assemble makes what mcp-go sees.
func (m *message) assemble(method, params json.RawMessage) {
	var data bytes.Buffer
	data.WriteString(`{"jsonrpc":"2.0","method":`)
	data.Write(method)
	if m.id != nil {
		m.idText = rand.Text()
		data.WriteString(`,"id":"` + m.idText + `"`)
	}
	if params != nil {
		data.WriteString(`,"params":`)
		m.assembleParams(&data, params)
	}
	data.WriteString("}")
	m.data = data.Bytes()
}

func (m *message) assembleParams(data *bytes.Buffer, params json.RawMessage) {
	rewrite(data, params, func(name string, value json.RawMessage) bool {
		switch {
		case name == "arguments" && m.method == string(mcp.MethodToolsCall):
			m.arguments = compact(value)
			return false
		case name == "requestId" && m.method == string(mcp.MethodNotificationCancelled):
			m.requestID = bytes.Clone(value)
		case name == "_meta" && m.id != nil:
			member(data, name)
			rewrite(data, value, func(name string, value json.RawMessage) bool {
				if name != "progressToken" || string(value) == "null" {
					return true
				}
				m.setToken(value)
				member(data, name)
				data.WriteString(`"` + m.tokenText + `"`)
				return false
			})
			return false
		}
		return true
	})
}

// setToken takes the progress token; nil if there is none.
func (m *message) setToken(token json.RawMessage) {
	if token != nil {
		m.token, m.tokenText = compact(token), rand.Text()
	}
}

// restore puts the ID and the progress token of the client into what mcp-go says about
// the message.
func (m *message) restore(data []byte) []byte {
	if m.idText != "" {
		data = bytes.ReplaceAll(data, []byte(`"`+m.idText+`"`), m.id)
	}
	if m.tokenText != "" {
		data = bytes.ReplaceAll(data, []byte(`"`+m.tokenText+`"`), m.token)
	}
	return data
}

// size is what the message takes in memory, in bytes.
func (m *message) size() int { return len(m.data) + len(m.arguments) + len(m.id) + len(m.token) }

// response is the answer to a message that is refused.
func (f *fault) response() []byte {
	id := f.id
	if id == nil {
		id = json.RawMessage("null")
	}
	m := message{id: id, idText: rand.Text()}
	data, err := json.Marshal(mcp.NewJSONRPCError(mcp.NewRequestId(m.idText), f.code, f.text, nil))
	if err != nil {
		return nil // not reached
	}
	return m.restore(data)
}

// members calls visit with the members of a JSON object, which must be valid. The values
// are parts of object. Of members with the same name the last one counts.
func members(object []byte, visit func(name string, value json.RawMessage)) {
	_ = jsonscan.Fields(object, func(name, value []byte) error { // it is an object
		visit(string(name), value)
		return nil
	})
}

// rewrite copies a JSON value without white space. Of an object it copies the members for
// which keep returns true; keep may write others in their place.
func rewrite(out *bytes.Buffer, value json.RawMessage, keep func(name string, value json.RawMessage) bool) {
	if value[0] != '{' {
		_ = json.Compact(out, value) // the value is valid
		return
	}
	out.WriteByte('{')
	members(value, func(name string, value json.RawMessage) {
		if keep(name, value) {
			member(out, name)
			_ = json.Compact(out, value) // the value is valid
		}
	})
	out.WriteByte('}')
}

// member begins the next member of the object that out ends with.
func member(out *bytes.Buffer, name string) {
	if out.Bytes()[out.Len()-1] != '{' {
		out.WriteByte(',')
	}
	quoted, _ := json.Marshal(name) // a string can always be written
	out.Write(quoted)
	out.WriteByte(':')
}

// compact is a copy of a JSON value without white space and spare memory; nil of nil.
func compact(value json.RawMessage) json.RawMessage {
	if !bytes.ContainsAny(value, " \t\r\n") {
		return bytes.Clone(value)
	}
	var out bytes.Buffer
	_ = json.Compact(&out, value) // the value is valid
	return bytes.Clone(out.Bytes())
}

// text is the value of a JSON string; "" for anything else.
func text(value json.RawMessage) string {
	s, _ := jsonscan.String(value)
	return s
}
