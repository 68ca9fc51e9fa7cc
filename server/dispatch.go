package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/internal/jsonscan"
)

// Calls of tools that are in order go a straight way past mcp-go, which reads a message
// several times and, over HTTP, the schema of the tool with every call. Whatever is not as
// it should be, and every other method, is left to mcp-go, so that one place words what is
// wrong. FuzzDispatch holds that both ways give the same answers.

// toolCall is a tools/call that is in order.
type toolCall struct {
	tool   string
	modern bool // of protocol revision 2026-07-28 or later
}

// callParams are the params of a tools/call, and which of them there are.
type callParams struct {
	tool      string
	arguments json.RawMessage // nil if there are none
	rawMeta   json.RawMessage // nil if there is none
	meta      callMeta

	hasTool bool
}

// callMeta is what the _meta of a call says.
type callMeta struct {
	version      string          // protocol revision; "" if it is not given
	token        json.RawMessage // for progress; nil if there is none
	capabilities bool            // those of the client are given

	hasToken bool
}

// errDisorder says that a message is left to mcp-go.
var errDisorder = errors.New("not plain")

// orderly reads the params of the tools/call with that ID. It returns nil for a call that
// is not in order, or not plain enough to tell. header is that of an HTTP request; nil if
// the message came another way.
func (s *Server) orderly(id, params json.RawMessage, header http.Header) (*toolCall, callParams) {
	p, err := readCallParams(params)
	if err != nil || s.straight[p.tool] == nil || len(id)+len(params)-len(p.arguments) > maxEnvelope {
		return nil, callParams{}
	}
	if p.meta, err = readCallMeta(p.rawMeta); err != nil { // decoding takes many times the memory, hence the bound first
		return nil, callParams{}
	}
	modern := mcp.IsModernProtocol(p.meta.version)
	switch {
	case modern && !(p.meta.capabilities && mcp.IsValidProtocolVersion(p.meta.version)):
	case header != nil && !agrees(header, p.meta.version, modern, p.tool):
	default:
		return &toolCall{p.tool, modern}, p
	}
	return nil, callParams{}
}

// agrees reports whether the header of an HTTP request agrees with the call in its body
// (MCP specification, "Transports: Protocol Version Header", and at 2026-07-28 "Standard
// Request Headers").
func agrees(header http.Header, version string, modern bool, tool string) bool {
	stated := header.Get(mcp.HeaderProtocolVersion)
	if !modern {
		return stated == "" || !mcp.IsModernProtocol(stated) && mcp.IsValidProtocolVersion(stated)
	}
	return stated == version && header.Get(mcp.HeaderLastEventID) == "" &&
		header.Get(mcp.HeaderMethod) == string(mcp.MethodToolsCall) && header.Get(mcp.HeaderName) == tool
}

// readCallParams fails if there is anything but the documented members, each once.
func readCallParams(params json.RawMessage) (p callParams, err error) {
	err = jsonscan.Fields(params, func(name, value []byte) (err error) {
		switch name := string(name); {
		case name == "name" && !p.hasTool:
			p.hasTool = true
			p.tool, err = jsonscan.String(value)
		case name == "arguments" && p.arguments == nil:
			p.arguments = value
		case name == "_meta" && p.rawMeta == nil:
			p.rawMeta = value
		default:
			err = errDisorder
		}
		return err
	})
	return p, err
}

// readCallMeta fails if a member that counts is repeated, or cannot be read.
func readCallMeta(value json.RawMessage) (meta callMeta, err error) {
	if value == nil || string(value) == "null" {
		return meta, nil
	}
	err = jsonscan.Fields(value, func(name, value []byte) (err error) {
		switch name := string(name); {
		case name == "progressToken" && !meta.hasToken:
			meta.hasToken = true
			if string(value) != "null" {
				meta.token = value
			}
		case name == mcp.MetaKeyProtocolVersion && meta.version == "":
			meta.version, err = jsonscan.String(value)
		case name == mcp.MetaKeyClientCapabilities && !meta.capabilities:
			meta.capabilities = value[0] == '{'
			err = errors.Join(json.Unmarshal(value, &mcp.ClientCapabilities{}), json.Unmarshal(value, new(any)))
		case name == "progressToken", name == mcp.MetaKeyProtocolVersion, name == mcp.MetaKeyClientCapabilities:
			err = errDisorder
		case value[0] != '"':
			err = json.Unmarshal(value, new(any)) // it may hold a number that is too large for mcp-go
		}
		return err
	})
	return meta, err
}

// callTool runs the tool of m. Progress goes over session.
func (s *Server) callTool(ctx context.Context, session *session, m *message) *mcp.CallToolResult {
	call := m.call
	request := mcp.CallToolRequest{Params: mcp.CallToolParams{Name: call.tool}}
	if m.token != nil {
		request.Params.Meta = &mcp.Meta{ProgressToken: m.tokenText}
	}
	result, err := s.straight[call.tool](withArguments(s.mcp.WithContext(ctx, session), m), request)
	if err != nil {
		panic(err) // not reached: the middleware makes a result of every error
	}
	return result
}

// straightTools are the handlers of tools, with the middleware around them.
func (s *Server) straightTools(tools []server.ServerTool) map[string]server.ToolHandlerFunc {
	straight := map[string]server.ToolHandlerFunc{}
	for _, tool := range tools {
		straight[tool.Tool.Name] = s.aroundTools(tool.Handler)
	}
	return straight
}
