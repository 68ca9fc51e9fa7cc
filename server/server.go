package server

import (
	"log/slog"
	"runtime/debug"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/tools"
)

// Name identifies this server to clients, in logs and to Cloudflare.
const Name = "access-policy-mcp"

const title = "Cloudflare Access policy tests"

// Config is what a [Server] is made of.
type Config struct {
	// Version is this program's, for example "v1.2.3".
	Version string
	// Instructions tell a model when and how to use the tools.
	Instructions string
	// Features are what is served.
	Features tools.Features
	// Drain, unless nil, is called when the server is told to end: calls that wait
	// are to answer with what they have.
	Drain func()
	// Logger receives one record per call and what goes wrong in the transports.
	Logger *slog.Logger
}

// Server serves one set of tools on any number of transports.
type Server struct {
	mcp   *server.MCPServer
	log   *slog.Logger
	calls *counter
	drain func()
}

// definitionsTTL is how long a client may remember the list of tools, in
// milliseconds: it does not change while the program runs.
const definitionsTTL = 60 * 60 * 1000

// New assembles a server.
func New(cfg Config) *Server {
	s := &Server{log: cfg.Logger, calls: newCounter(), drain: cfg.Drain}
	if s.drain == nil {
		s.drain = func() {}
	}
	serverOptions := []server.ServerOption{
		server.WithTitle(title),
		server.WithInstructions(cfg.Instructions),
		server.WithToolCapabilities(false),
		server.WithCacheHints(definitionsTTL, mcp.CacheScopePrivate),
		// The first middleware is the outermost: it logs what recovery made of a panic.
		server.WithToolHandlerMiddleware(s.logged),
		server.WithToolHandlerMiddleware(s.recovered),
		server.WithResourceHandlerMiddleware(s.readLogged),
		server.WithHooks(s.hooks()),
	}
	// A capability is announced only if there is something behind it.
	if len(cfg.Features.ResourceTemplates) > 0 {
		serverOptions = append(serverOptions, server.WithResourceCapabilities(false, false))
	}
	if len(cfg.Features.Prompts) > 0 {
		serverOptions = append(serverOptions, server.WithPromptCapabilities(false))
	}
	s.mcp = server.NewMCPServer(Name, cfg.Version, serverOptions...)
	s.mcp.AddTools(cfg.Features.Tools...)
	if len(cfg.Features.ResourceTemplates) > 0 {
		s.mcp.AddResourceTemplates(cfg.Features.ResourceTemplates...)
	}
	if len(cfg.Features.Prompts) > 0 {
		s.mcp.AddPrompts(cfg.Features.Prompts...)
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
