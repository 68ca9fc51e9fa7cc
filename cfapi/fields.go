package cfapi

import "encoding/json"

// fields are those of a JSON object by their exact names: [encoding/json] by itself also
// takes "STATUS" for "status", and would let it win. Of several fields with one name
// the last counts.
type fields map[string]json.RawMessage

// readFields reads an object into the targets, by name. Fields that are missing or null
// leave their target alone.
func readFields(data []byte, targets map[string]any) error {
	var f fields
	if err := json.Unmarshal(data, &f); err != nil {
		return err
	}
	for name, target := range targets {
		if raw, ok := f[name]; ok && string(raw) != "null" {
			if err := json.Unmarshal(raw, target); err != nil {
				return err
			}
		}
	}
	return nil
}
