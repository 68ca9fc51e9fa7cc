package credentials

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Storage is where a token is.
type Storage string

// The values of [Storage].
const (
	KeyRing Storage = "keyring" // of the system
	InFile  Storage = "file"    // readable for whoever may read the user's files
)

// Kept is what login has kept, except for the token.
type Kept struct {
	// BaseURL is of the API that the token is for.
	BaseURL string `json:"base_url"`
	// AccountID is the default account; "" if there is none.
	AccountID string `json:"account_id,omitempty"`
	// Storage is where the token is; "" if nothing is kept.
	Storage Storage `json:"storage"`
}

// document is the file.
type document struct {
	Kept

	Token string `json:"token,omitempty"` // only with InFile
}

// decode reads the file. The error repeats nothing of it: there may be a token in it.
func decode(data []byte) (doc document, err error) {
	if json.Unmarshal(data, &doc) != nil {
		return document{}, errors.New("is not the JSON that login writes")
	}
	switch {
	case doc.Storage != KeyRing && doc.Storage != InFile:
		err = fmt.Errorf("does not say that the token is in %q or %q", KeyRing, InFile)
	case doc.Storage == InFile && doc.Token == "":
		err = errors.New("has no token")
	case doc.BaseURL == "":
		err = errors.New("does not say which API the token is for")
	default:
		return doc, nil
	}
	return document{}, err
}
