package typed

import (
	"encoding/json"
	"reflect"
	"slices"

	"github.com/invopop/jsonschema"
)

// inputSchema makes the closed schema of the struct Input, in which arguments that
// have a default are optional.
func inputSchema[Input any](options Options) *jsonschema.Schema {
	schema := reflector(options, false).Reflect(new(Input))
	for name := range options.Defaults {
		if argument, ok := schema.Properties.Get(name); ok {
			schema.Required = slices.DeleteFunc(schema.Required, func(required string) bool { return required == name })
			argument.Description += " (optional: a default is configured)"
		}
	}
	return schema
}

// outputSchema makes the schema of the struct Output. It is open, so that a client
// that remembers it survives a new field.
func outputSchema[Output any](options Options) json.RawMessage {
	return marshalSchema(reflector(options, true).Reflect(new(Output)))
}

// reflector makes one inline object schema of a struct.
func reflector(options Options, open bool) *jsonschema.Reflector {
	return &jsonschema.Reflector{
		Anonymous:                 true,
		DoNotReference:            true,
		ExpandedStruct:            true,
		AllowAdditionalProperties: open,
		LookupComment:             descriptionOfType,
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			schema, ok := options.Schemas[t]
			if !ok {
				return nil
			}
			own := schema // tags of the field change it
			return &own
		},
	}
}

// descriptionOfType is the description in the schema of a field's own type. The
// reflector asks for it where the field has none in its tags; with an empty name it
// asks about a type, which is not wanted.
func descriptionOfType(structType reflect.Type, fieldName string) string {
	if fieldName == "" {
		return ""
	}
	field, _ := structType.FieldByName(fieldName)
	if field.Type.Kind() == reflect.Pointer {
		return ""
	}
	if custom, ok := reflect.TypeAssert[interface{ JSONSchema() *jsonschema.Schema }](reflect.Zero(field.Type)); ok {
		return custom.JSONSchema().Description
	}
	return ""
}

func marshalSchema(schema *jsonschema.Schema) json.RawMessage {
	schema.Version = "" // 2020-12 is MCP's default
	data, err := json.Marshal(schema)
	if err != nil {
		panic(err) // a schema made from a struct always marshals
	}
	return data
}
