package server

import (
	"log/slog"
	"runtime/debug"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/server/auth"
	"access-policy-mcp/tools"
)

// Name identifies this server to clients, in logs and to Cloudflare.
const Name = "access-policy-mcp"

const title = "Cloudflare Access policy tests"

// Config is what a [Server] is made of. Version, Catalog and Logger are required.
type Config struct {
	// Version of this program, for example "v1.2.3".
	Version string
	// Catalog is what is served.
	Catalog tools.Catalog
	// Authenticate tells who calls over HTTP. If it is nil, everybody may call who can
	// reach the server; it then serves on a loopback address alone.
	Authenticate auth.Authenticator
	// AllowedOrigins are the origins, such as https://example.com, whose web pages may
	// use the server over HTTP. Pages from loopback always may.
	AllowedOrigins []string
	// Drain, unless nil, is called when the server is told to end. It makes calls that
	// wait answer with what they have.
	Drain func()
	// Logger receives one record for each call, read and prompt, and what goes wrong.
	// Records never hold arguments.
	Logger *slog.Logger
}

// Server serves one catalog on any number of transports, also at the same time.
type Server struct {
	mcp      *server.MCPServer
	straight map[string]server.ToolHandlerFunc // of tools, past mcp
	version  string

	log   *slog.Logger
	calls *activity // of handlers, over all transports
	drain func()

	slots, bodies *limit // of requests, and of bytes of messages
	refusals      *refusals

	authenticate   auth.Authenticator
	allowedOrigins []string
}

// definitionsTTL is how long a client may cache what it can call, in milliseconds. It
// does not change while the program runs.
const definitionsTTL = 60 * 60 * 1000

// New assembles a server.
func New(cfg Config) *Server {
	s := &Server{
		version: cfg.Version, log: cfg.Logger, calls: newActivity(), drain: cfg.Drain, authenticate: cfg.Authenticate, allowedOrigins: cfg.AllowedOrigins,
		slots: newLimit(maxCalls), bodies: newLimit(maxBodies), refusals: newRefusals(cfg.Logger),
	}
	if s.drain == nil {
		s.drain = func() {}
	}
	serverOptions := []server.ServerOption{
		server.WithTitle(title),
		server.WithInstructions(cfg.Catalog.Instructions),
		server.WithToolCapabilities(false),
		server.WithCacheHints(definitionsTTL, mcp.CacheScopePrivate),
		server.WithToolHandlerMiddleware(s.aroundTools),
		server.WithResourceHandlerMiddleware(s.aroundResources),
		server.WithPromptHandlerMiddleware(s.aroundPrompts),
		server.WithHooks(hooks()),
	}
	// A capability is announced only if there is something behind it.
	if len(cfg.Catalog.ResourceTemplates) > 0 {
		serverOptions = append(serverOptions, server.WithResourceCapabilities(false, false))
	}
	if len(cfg.Catalog.Prompts) > 0 {
		serverOptions = append(serverOptions, server.WithPromptCapabilities(false))
	}
	s.mcp = server.NewMCPServer(Name, cfg.Version, serverOptions...)
	s.mcp.AddTools(cfg.Catalog.Tools...)
	s.straight = s.straightTools(cfg.Catalog.Tools)
	if len(cfg.Catalog.ResourceTemplates) > 0 {
		s.mcp.AddResourceTemplates(cfg.Catalog.ResourceTemplates...)
	}
	if len(cfg.Catalog.Prompts) > 0 {
		s.mcp.AddPrompts(cfg.Catalog.Prompts...)
	}
	return s
}

// Version returns the version of this program from its build information, or
// "devel" for a build from a work tree.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}
