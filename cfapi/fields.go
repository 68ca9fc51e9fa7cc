package cfapi

import (
	"errors"
	"strconv"

	"access-policy-mcp/internal/jsonscan"
)

// eachField calls read with the name and the value of each field of an object, which must
// be valid JSON. A field that is null is as good as missing. Of several with one name the
// last counts.
func eachField(object []byte, read func(name, value []byte) error) error {
	return jsonscan.Fields(object, func(name, value []byte) error {
		if string(value) == "null" {
			return nil
		}
		return read(name, value)
	})
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
