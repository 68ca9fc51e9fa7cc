package cfapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// eachField calls read with the name and the value of each field of an object, which must
// be valid JSON. Names count exactly: [encoding/json] by itself also takes "STATUS" for
// "status", and would let it win. A field that is null is as good as missing. Of several
// with one name the last counts.
func eachField(object []byte, read func(name string, value []byte) error) error {
	rest := skipSpace(object)
	if len(rest) == 0 || rest[0] != '{' {
		return errors.New("not an object")
	}
	for rest = skipSpace(rest[1:]); rest[0] != '}'; {
		end := valueEnd(rest)
		name, err := readString(rest[:end])
		if err != nil {
			return err
		}
		rest = skipSpace(skipSpace(rest[end:])[1:]) // the colon
		end = valueEnd(rest)
		if value := rest[:end]; string(value) != "null" {
			if err := read(name, value); err != nil {
				return err
			}
		}
		if rest = skipSpace(rest[end:]); rest[0] == ',' {
			rest = skipSpace(rest[1:])
		}
	}
	return nil
}

func skipSpace(data []byte) []byte { return bytes.TrimLeft(data, " \t\r\n") }

// valueEnd is where the value ends with which valid JSON begins.
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
	if i := bytes.IndexAny(data, ",}] \t\r\n"); i >= 0 {
		return i
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

// readString reads a string.
func readString(value []byte) (string, error) {
	if value[0] != '"' {
		return "", errors.New("not a string")
	}
	if inside := value[1 : len(value)-1]; !bytes.ContainsRune(inside, '\\') {
		return string(inside), nil
	}
	var s string
	err := json.Unmarshal(value, &s)
	return s, err
}

// readNumber reads a number that need not be whole.
func readNumber(value []byte) (*float64, error) {
	if value[0] != '-' && (value[0] < '0' || value[0] > '9') {
		return nil, errors.New("not a number")
	}
	f, err := strconv.ParseFloat(string(value), 64)
	return &f, err
}

// readCount reads a whole number.
func readCount(value []byte) (*Count, error) {
	var c Count
	err := c.UnmarshalJSON(value)
	return &c, err
}
