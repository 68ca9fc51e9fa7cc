package tools_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"access-policy-mcp/tools"
)

// TestDefinitions shows a change of what clients see as a difference in review.
func TestDefinitions(t *testing.T) {
	g := openGolden(t, "../testdata/definitions.txtar")
	for name, account := range map[string]string{"with a default account": "0123", "without": ""} {
		options := newOptions(t, http.NotFoundHandler())
		options.DefaultAccountID = account
		options.AllowStart = true
		var definitions []mcp.Tool
		for _, tool := range newCatalog(t, options).Tools {
			definitions = append(definitions, tool.Tool)
		}
		data, err := json.MarshalIndent(map[string]any{"tools": definitions}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		g.compare(t, name, string(data))
	}
	options := newOptions(t, http.NotFoundHandler())
	options.AllowStart = true
	for _, prompt := range newCatalog(t, options).Prompts {
		result, err := prompt.Handler(t.Context(), mcp.GetPromptRequest{Params: mcp.GetPromptParams{
			Name:      prompt.Prompt.Name,
			Arguments: map[string]string{"policy_test_id": "TEST", "policy": "POLICY", "account_id": "ACCOUNT"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.MarshalIndent([]any{prompt.Prompt, result}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		g.compare(t, "prompt "+prompt.Prompt.Name, string(data))
	}
	g.compare(t, "instructions", newCatalog(t, options).Instructions)
	options.Simulated = true
	g.compare(t, "instructions of a simulation", newCatalog(t, options).Instructions)
}

// readDocumentation returns what users may read.
func readDocumentation(t *testing.T) string {
	t.Helper()
	paths, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, path := range append(paths, "../README.md") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}

// TestEveryTool holds for whatever is in the list.
func TestEveryTool(t *testing.T) {
	documentation := readDocumentation(t)
	for _, tool := range everything(t, http.NotFoundHandler()).Tools {
		t.Run(tool.Tool.Name, func(t *testing.T) {
			definition := tool.Tool
			if !regexp.MustCompile(`^[a-z][a-z_]{1,63}$`).MatchString(definition.Name) {
				t.Errorf("the name is not in snake case")
			}
			if definition.Title == "" || definition.Description == "" || definition.Annotations.Title == "" {
				t.Error("a title or description is missing")
			}
			hints := definition.Annotations
			if hints.ReadOnlyHint == nil || hints.DestructiveHint == nil || hints.IdempotentHint == nil || hints.OpenWorldHint == nil {
				t.Error("a hint is missing; clients would assume the worst")
			} else if *hints.DestructiveHint || !*hints.OpenWorldHint {
				t.Error("no tool here is destructive, and every one asks Cloudflare")
			}
			if !strings.Contains(documentation, "`"+definition.Name+"`") {
				t.Error("neither README.md nor docs/ mentions it")
			}
			input := compileSchema(t, definition.RawInputSchema)
			if input.AdditionalProperties != false || len(input.Properties) == 0 {
				t.Error("the input schema is not closed, or empty")
			}
			for name, property := range input.Properties {
				if property.Description == "" {
					t.Errorf("argument %s has no description", name)
				}
				if property.Types != nil && property.Types.String() == "[string]" && property.Enum == nil && (property.MaxLength == nil || property.MinLength == nil) {
					t.Errorf("argument %s is a string without a length", name)
				}
			}
			compileSchema(t, definition.RawOutputSchema)
		})
	}
}

func compileSchema(t *testing.T, schema json.RawMessage) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// TestStartIsOffByDefault: what changes something is not even listed.
func TestStartIsOffByDefault(t *testing.T) {
	options := newOptions(t, http.NotFoundHandler())
	for _, tool := range newCatalog(t, options).Tools {
		if !*tool.Tool.Annotations.ReadOnlyHint {
			t.Errorf("%s is listed", tool.Tool.Name)
		}
	}
	if len(newCatalog(t, options).Prompts) != 1 {
		t.Error("there is a prompt to start a test")
	}
	options.AllowStart = true
	hints := find(t, options, "start_access_policy_test").Tool.Annotations
	if *hints.ReadOnlyHint || *hints.DestructiveHint || *hints.IdempotentHint {
		t.Error("the hints are wrong")
	}
}

func TestNames(t *testing.T) {
	options := newOptions(t, http.NotFoundHandler())
	options.Names = []string{"list_access_policy_test_users"}
	if c := newCatalog(t, options); len(c.Tools) != 1 || c.ResourceTemplates != nil || c.Prompts != nil {
		t.Errorf("there is more than one tool, or a resource or a prompt without its tools: %+v", c)
	}
	for _, name := range []string{"start_access_policy_test", "get", ""} {
		options.Names = []string{name}
		_, err := tools.NewCatalog(options)
		if err == nil || !strings.Contains(err.Error(), "get_access_policy_test") || !strings.Contains(err.Error(), "list_access_policy_test_users") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
