package cfapi

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Count is a whole number of users, from −2⁶³ to 2⁶³−1. In JSON it may be written in any
// way that has a whole value: 20, 20.0 and 2e1 are the same.
type Count int64

// UnmarshalJSON accepts JSON numbers with a whole value, and keeps all of their digits.
func (c *Count) UnmarshalJSON(data []byte) error {
	if n, err := strconv.ParseInt(string(data), 10, 64); err == nil {
		*c = Count(n)
		return nil
	}
	if len(data) == 0 || data[0] != '-' && (data[0] < '0' || data[0] > '9') {
		return errors.New("a count must be a number")
	}
	n, err := wholeNumber(string(data))
	*c = Count(n)
	return err
}

// wholeNumber reads a number with a fraction or an exponent exactly.
func wholeNumber(s string) (int64, error) {
	const longest = 40 // what any sane notation needs; the exact value of 1e-999999999 nobody wants
	approximate, err := strconv.ParseFloat(s, 64)
	if err != nil || len(s) > longest || math.Abs(approximate) > 1<<63 {
		return 0, errors.New("a count must be a whole number below 2^63")
	}
	if mantissa, _, _ := strings.Cut(strings.ToLower(s), "e"); strings.Trim(mantissa, "-0.") == "" {
		return 0, nil
	}
	if math.Abs(approximate) < 0.5 {
		return 0, errors.New("a count must be a whole number")
	}
	exact, _, err := big.ParseFloat(s, 10, 256, big.ToZero)
	if err != nil {
		return 0, err
	}
	n, accuracy := exact.Int64()
	if accuracy != big.Exact {
		return 0, errors.New("a count must be a whole number")
	}
	return n, nil
}
