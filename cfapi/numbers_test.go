package cfapi_test

import (
	"strings"
	"testing"

	"access-policy-mcp/cfapi"
)

// Go and JavaScript back ends write the same number in different ways, and a
// percentage is any number at all.
func TestPercentages(t *testing.T) {
	t.Parallel()
	for notation, want := range map[string]float64{
		"25":                 25,
		"25.0":               25,
		"33.333333333333336": 33.333333333333336,
		"1e1":                10,
		"1E+1":               10,
		"5e-1":               0.5,
		"0":                  0,
		"-0.0":               0,
		"100.00000000000001": 100.00000000000001,
		"250":                250, // beyond the scale, but not ours to correct
		"-1":                 -1,
	} {
		t.Run(notation, func(t *testing.T) {
			t.Parallel()
			got := mustAnswer(t, success(`{"percent_approved": `+notation+`}`)).Result.PercentApproved
			if got == nil || *got != want {
				t.Errorf("percentage is %v, want %v", got, want)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	for notation, want := range map[string]cfapi.Count{
		"20":               20,
		"20.0":             20,
		"20.000":           20,
		"2e1":              20,
		"2.0E+1":           20,
		"200e-1":           20,
		"0":                0,
		"-0":               0,
		"9007199254740991": 9007199254740991,
		"9007199254740993": 9007199254740993, // no float64 has this value

		"9223372036854775807":       9223372036854775807,
		"9223372036854775807.0":     9223372036854775807,
		"9.223372036854775807e18":   9223372036854775807,
		"-9223372036854775808":      -9223372036854775808,
		"92233720368547758070e-1":   9223372036854775807,
		"0e999999999":               0,
		"0.000000000000000e-999999": 0,
	} {
		t.Run(notation, func(t *testing.T) {
			t.Parallel()
			got := mustAnswer(t, success(`{"total_users": `+notation+`}`)).Result.TotalUsers
			if got == nil || *got != want {
				t.Errorf("count is %v, want %d", got, want)
			}
		})
	}
}

// A value of the wrong type is no figure. Guessing at one would put a number in
// front of the reader that the API never gave.
func TestWrongTypes(t *testing.T) {
	t.Parallel()
	values := map[string][]string{
		"percent_approved": {`"25"`, `true`, `{}`, `[25]`, `1e400`},
		"total_users":      {`20.5`, `"20"`, `""`, `false`, `{}`, `[20]`, `1e-1`, `1e400`, `9223372036854775808`, `9223372036854775806.5`, `1e300`, `1e999999999`, `1e-999999999`, `1` + strings.Repeat("0", 100_000)},
		"status":           {`7`, `true`, `["complete"]`, `{}`},
		"id":               {`7`, `false`, `[]`},
	}
	for field, wrong := range values {
		for _, value := range wrong {
			t.Run(field+"="+value, func(t *testing.T) {
				t.Parallel()
				failure := mustFail(t, success(`{"`+field+`": `+value+`}`))
				if failure.Kind != cfapi.UnexpectedResponse {
					t.Errorf("kind is %q", failure.Kind)
				}
				if failure.HTTPStatus != 200 || !strings.Contains(failure.Summary, "wrong type") {
					t.Errorf("failure is %v", failure)
				}
			})
		}
	}
}
