package tools_test

import (
	"bytes"
	"encoding/json"
	"net/http"
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
		for _, tool := range features(t, options).Tools {
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
	for _, prompt := range features(t, options).Prompts {
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
	g.compare(t, "instructions", tools.Instructions(false))
	g.compare(t, "instructions of a simulation", tools.Instructions(true))
}

// TestEveryTool holds for whatever is in the list.
func TestEveryTool(t *testing.T) {
	readme := readFile(t, "../README.md")
	options := newOptions(t, http.NotFoundHandler())
	options.AllowStart = true
	for _, tool := range features(t, options).Tools {
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
			if !strings.Contains(readme, "`"+definition.Name+"`") {
				t.Error("README.md does not mention it")
			}
			input := compileSchema(t, definition.RawInputSchema)
			if input.AdditionalProperties != false {
				t.Error("the input schema is not closed")
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
