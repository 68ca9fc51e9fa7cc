// Package jsonscan finds the parts of a JSON document that is known to be valid
// ([encoding/json.Valid]), in one pass and without copying them. Names of fields count
// exactly: [encoding/json] by itself also takes "STATUS" for "status", and would let it
// win.
package jsonscan

import (
	"bytes"
	"encoding/json"
	"errors"
)

// Fields calls read with the name and the value of each field of an object, in order,
// until read returns an error, which it then returns. Names can repeat. It is an error if
// document is no object. Names are bytes, so that comparing them costs no memory.
func Fields(document []byte, read func(name, value []byte) error) error {
	rest, err := open(document, '{')
	for err == nil && rest[0] != '}' {
		end := valueEnd(rest)
		name := rest[1 : end-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			var unescaped string
			if unescaped, err = String(rest[:end]); err != nil {
				return err
			}
			name = []byte(unescaped)
		}
		rest = skipSpace(skipSpace(rest[end:])[1:]) // the colon
		end = valueEnd(rest)
		err = read(name, rest[:end:end])
		rest = next(rest[end:])
	}
	return err
}

// Elements calls read with each element of an array, in order, until read returns an
// error, which it then returns. It is an error if document is no array.
func Elements(document []byte, read func(value []byte) error) error {
	rest, err := open(document, '[')
	for err == nil && rest[0] != ']' {
		end := valueEnd(rest)
		err = read(rest[:end:end])
		rest = next(rest[end:])
	}
	return err
}

var errNoString = errors.New("not a string")

// String returns the value of a string. It is an error if value is no string.
func String(value []byte) (string, error) {
	if len(value) == 0 || value[0] != '"' {
		return "", errNoString
	}
	if inside := value[1 : len(value)-1]; bytes.IndexByte(inside, '\\') < 0 {
		return string(inside), nil
	}
	var s string
	err := json.Unmarshal(value, &s)
	return s, err
}

// open returns what follows the bracket that opens an object or an array.
func open(document []byte, bracket byte) ([]byte, error) {
	document = skipSpace(document)
	if len(document) == 0 || document[0] != bracket {
		return nil, errors.New("not what opens with " + string(bracket))
	}
	return skipSpace(document[1:]), nil
}

// next returns what follows a value: the next one, or the closing bracket.
func next(rest []byte) []byte {
	rest = skipSpace(rest)
	if rest[0] == ',' {
		rest = skipSpace(rest[1:])
	}
	return rest
}

func skipSpace(data []byte) []byte {
	for i, c := range data {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return data[i:]
		}
	}
	return nil
}

// valueEnd is where the value ends with which data begins.
func valueEnd(data []byte) int {
	switch data[0] {
	case '"':
		return stringEnd(data)
	case '{', '[':
		depth := 0
		for i := 0; ; i++ {
			switch data[i] {
			case '"':
				i += stringEnd(data[i:]) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	for i, c := range data {
		if c == ',' || c == '}' || c == ']' || c <= ' ' {
			return i
		}
	}
	return len(data)
}

func stringEnd(data []byte) int {
	for i := 1; ; i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}
