package clients

// All are the clients, in the order in which people are shown them.
func All() []Client {
	return []Client{claudeCode(), claudeDesktop(), vscode(), cursor(), codex(), gemini(), windsurf(), zed(), jetbrains(), goose()}
}

// mcpServers is the key that most clients have taken over from the first.
const mcpServers = "mcpServers"

// plain is the entry for stdio that most clients have.
func plain(reference func(string) string) func(Server) object {
	return func(s Server) object {
		return object{{"command", s.Command}}.with("args", s.Args).with("env", s.env(reference))
	}
}

// typed is an entry for stdio that says so.
func typed(reference func(string) string) func(Server) object {
	return func(s Server) object {
		return append(object{{"type", "stdio"}}, plain(reference)(s)...)
	}
}

// http is an entry for Streamable HTTP that says so.
func http(reference func(string) string) func(Server) object {
	return func(s Server) object {
		return object{{"type", "http"}, {"url", s.URL}}.with("headers", s.headers(reference))
	}
}

func claudeCode() Client {
	return Client{
		Name: "claude-code", Title: "Claude Code", Aliases: []string{"claude", "claudecode"},
		Cutoff:   "30 minutes without progress over stdio, 5 minutes over HTTP; after 2 minutes the call goes on in the background",
		Progress: "yes",
		Raise:    "`MCP_TOOL_TIMEOUT` in its environment, in milliseconds",
		Reload:   "Start a new session of Claude Code, or type /mcp in one.",
		file:     everywhere("~/.claude.json"),
		override: override{"CLAUDE_CONFIG_DIR", ".claude.json"},
		project:  ".mcp.json",
		trace:    everywhere("~/.claude"),
		format:   jsonFormat{}, key: mcpServers,
		forwards: true, local: typed(shellReference), remote: http(shellReference),
		command: &clientCommand{name: "claude", shown: "claude mcp add-json", args: func(scope Scope, _ Server, entry string) []string {
			return []string{"mcp", "add-json", "--scope", string(scope), EntryName, entry}
		}},
	}
}

func claudeDesktop() Client {
	return Client{
		Name: "claude-desktop", Title: "Claude Desktop", Aliases: []string{"claudedesktop", "desktop"},
		Cutoff: "about 60 s", Progress: "no",
		Reload: "Quit Claude Desktop, and start it again.",
		file: places{
			macOS:   "~/Library/Application Support/Claude/claude_desktop_config.json",
			linux:   "~/.config/Claude/claude_desktop_config.json",
			windows: `%APPDATA%\Claude\claude_desktop_config.json`,
		},
		trace:  places{macOS: "~/Library/Application Support/Claude", linux: "~/.config/Claude", windows: `%APPDATA%\Claude`},
		format: jsonFormat{}, key: mcpServers,
		local:       plain(nil),
		remoteWords: "Claude Desktop takes servers over HTTP under Settings, Connectors alone, and not from its file.",
	}
}

func vscode() Client {
	return Client{
		Name: "vscode", Title: "VS Code", Aliases: []string{"vs-code", "code", "visual-studio-code"},
		Cutoff: "about 5 minutes", Progress: "not known",
		Reload: "VS Code starts it when a chat needs it; MCP: List Servers shows it.",
		file: places{
			macOS:   "~/Library/Application Support/Code/User/mcp.json",
			linux:   "~/.config/Code/User/mcp.json",
			windows: `%APPDATA%\Code\User\mcp.json`,
		},
		project: ".vscode/mcp.json",
		trace:   places{macOS: "~/Library/Application Support/Code", linux: "~/.config/Code", windows: `%APPDATA%\Code`},
		format:  jsonFormat{}, key: "servers",
		forwards: true, local: typed(envReference), remote: http(envReference),
		command: &clientCommand{name: "code", shown: "code --add-mcp", userOnly: true, args: func(_ Scope, _ Server, entry string) []string {
			return []string{"--add-mcp", withName(entry)}
		}},
	}
}

func cursor() Client {
	return Client{
		Name: "cursor", Title: "Cursor",
		Cutoff: "60 s", Progress: "only if it asks for that",
		Reload: "Cursor lists it under Settings, Tools & MCP; switch it on there if it is off.",
		file:   everywhere("~/.cursor/mcp.json"), project: ".cursor/mcp.json", trace: everywhere("~/.cursor"),
		format: jsonFormat{}, key: mcpServers,
		forwards: true, local: plain(envReference),
		remote: func(s Server) object {
			return object{{"url", s.URL}}.with("headers", s.headers(envReference))
		},
	}
}

func codex() Client {
	return Client{
		Name: "codex", Title: "Codex", Aliases: []string{"codex-cli", "openai-codex"},
		Cutoff: "60 to 300 s by version", Progress: "not known",
		Raise:    "`tool_timeout_sec` in the entry, in seconds",
		Reload:   "Start a new session of Codex. It reads the file of a project only if it trusts that.",
		file:     everywhere("~/.codex/config.toml"),
		override: override{"CODEX_HOME", "config.toml"},
		project:  ".codex/config.toml", trace: everywhere("~/.codex"),
		format: tomlFormat{}, key: "mcp_servers",
		forwards: true,
		local: func(s Server) object {
			return object{{"command", s.Command}}.with("args", s.Args).with("env_vars", s.Forward).with("env", s.env(nil))
		},
		remote: func(s Server) object {
			return object{{"url", s.URL}}.with("bearer_token_env_var", s.Bearer)
		},
		command: &clientCommand{name: "codex", shown: "codex mcp add", userOnly: true, args: codexArgs},
	}
}

func gemini() Client {
	return Client{
		Name: "gemini", Title: "Gemini CLI", Aliases: []string{"gemini-cli"},
		Cutoff: "10 minutes", Progress: "no",
		Raise:  "`timeout` in the entry, in milliseconds",
		Reload: "Start a new session of Gemini CLI, in a folder that it trusts: elsewhere it starts no server.",
		file:   everywhere("~/.gemini/settings.json"), override: override{"GEMINI_CLI_HOME", ".gemini/settings.json"}, project: ".gemini/settings.json", trace: everywhere("~/.gemini"),
		format: jsonFormat{}, key: mcpServers,
		forwards: true, local: plain(shellReference), remote: http(shellReference),
		command: &clientCommand{name: "gemini", shown: "gemini mcp add", args: geminiArgs},
	}
}

func windsurf() Client {
	return Client{
		Name: "windsurf", Title: "Windsurf", Aliases: []string{"codeium", "cascade"},
		Cutoff: "not known", Progress: "not known",
		Reload: "Press Refresh in the MCP settings of Cascade.",
		file:   everywhere("~/.codeium/windsurf/mcp_config.json"), trace: everywhere("~/.codeium/windsurf"),
		format: jsonFormat{}, key: mcpServers,
		forwards: true, local: plain(envReference),
		remote: func(s Server) object {
			return object{{"serverUrl", s.URL}}.with("headers", s.headers(envReference))
		},
	}
}

func zed() Client {
	return Client{
		Name: "zed", Title: "Zed",
		Cutoff: "60 s", Progress: "not known",
		Raise:   "`timeout` in the entry, in seconds or in milliseconds by version, or `context_server_timeout` in the settings",
		Reload:  "Zed starts it at once; the settings of its agent panel show it.",
		file:    places{macOS: "~/.config/zed/settings.json", linux: "~/.config/zed/settings.json", windows: `%APPDATA%\Zed\settings.json`},
		project: ".zed/settings.json",
		trace:   places{macOS: "~/.config/zed", linux: "~/.config/zed", windows: `%APPDATA%\Zed`},
		format:  jsonFormat{}, key: "context_servers",
		local: func(s Server) object {
			args := append([]string{}, s.Args...) // never null
			return append(object{{"source", "custom"}, {"command", s.Command}, {"args", args}}, member{"env", s.env(nil)})
		},
		remote: func(s Server) object {
			return object{{"source", "custom"}, {"url", s.URL}}
		},
	}
}

func jetbrains() Client {
	return Client{
		Name: "jetbrains", Title: "JetBrains (GitHub Copilot)", Aliases: []string{"intellij", "idea", "copilot-jetbrains"},
		Cutoff: "30 s", Progress: "not known",
		Reload: "The Copilot plugin starts it at once; its MCP settings show it.",
		file: places{
			macOS:   "~/.config/github-copilot/intellij/mcp.json",
			linux:   "~/.config/github-copilot/intellij/mcp.json",
			windows: `%LOCALAPPDATA%\github-copilot\intellij\mcp.json`,
		},
		trace:  places{macOS: "~/.config/github-copilot/intellij", linux: "~/.config/github-copilot/intellij", windows: `%LOCALAPPDATA%\github-copilot\intellij`},
		format: jsonFormat{}, key: "servers",
		local: func(s Server) object {
			args := append([]string{}, s.Args...) // never null
			return object{{"command", s.Command}, {"args", args}}.with("env", s.env(nil))
		},
		remote: func(s Server) object { return object{{"url", s.URL}} },
	}
}

func goose() Client {
	return Client{
		Name: "goose", Title: "Goose", Aliases: []string{"goose-desktop", "goose-cli"},
		Cutoff: "300 s", Progress: "not known",
		Raise:  "`timeout` in the entry, in seconds",
		Reload: "Start a new session of Goose.",
		file: places{
			macOS:   "~/.config/goose/config.yaml",
			linux:   "~/.config/goose/config.yaml",
			windows: `%APPDATA%\Block\goose\config\config.yaml`,
		},
		trace:  places{macOS: "~/.config/goose", linux: "~/.config/goose", windows: `%APPDATA%\Block\goose`},
		format: yamlFormat{}, key: "extensions",
		local: func(s Server) object {
			args := append([]string{}, s.Args...) // never null
			return object{{"enabled", true}, {"type", "stdio"}, {"name", EntryName}, {"cmd", s.Command}, {"args", args}}.
				with("envs", s.env(nil)).with("timeout", gooseTimeout)
		},
		remote: func(s Server) object {
			entry := object{{"enabled", true}, {"type", "streamable_http"}, {"name", EntryName}, {"uri", s.URL}}.
				with("headers", s.headers(bareReference))
			if s.Bearer != "" {
				entry = entry.with("env_keys", []string{s.Bearer})
			}
			return entry.with("timeout", gooseTimeout)
		},
	}
}

// gooseTimeout is in seconds: Goose wants a number in each entry.
const gooseTimeout = 300
