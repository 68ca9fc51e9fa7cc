package cfapi_test

import (
	"fmt"
	"slices"
	"testing"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// errorBody is a failure with the given codes.
func errorBody(codes ...int) string {
	body := ""
	for _, code := range codes {
		if body != "" {
			body += ","
		}
		body += fmt.Sprintf(`{"code":%d,"message":"message of %d"}`, code, code)
	}
	return `{"success":false,"errors":[` + body + `],"messages":[],"result":null}`
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want     cfapi.Kind
		statuses []int
		codes    []int
	}{
		// The credentials themselves.
		{cfapi.Unauthenticated, []int{401}, nil},
		{cfapi.Unauthenticated, []int{401}, []int{12345}},
		{cfapi.Unauthenticated, []int{401}, []int{10000}},
		{cfapi.Unauthenticated, []int{200, 400, 401, 403}, []int{1000}},
		{cfapi.Unauthenticated, []int{200, 400, 401, 403}, []int{6003}},
		{cfapi.Unauthenticated, []int{200, 400, 401, 403}, []int{9106}},
		{cfapi.Unauthenticated, []int{200, 400, 403}, []int{12345, 9106}},

		// What they permit. 10000 and 9109 come for a wrong token as well as for
		// a missing permission.
		{cfapi.Forbidden, []int{403}, nil},
		{cfapi.Forbidden, []int{403}, []int{12345}},
		{cfapi.Forbidden, []int{200, 403}, []int{10000}},
		{cfapi.Forbidden, []int{200, 403}, []int{9109}},

		// What is asked for.
		{cfapi.NotFound, []int{404}, nil},
		{cfapi.NotFound, []int{404}, []int{11021}},
		{cfapi.NotFound, []int{404}, []int{10000}},
		{cfapi.NotFound, []int{200, 400, 404}, []int{7000}},
		{cfapi.NotFound, []int{200, 400, 404}, []int{7003}},
		{cfapi.InvalidArgument, []int{400, 422}, nil},
		{cfapi.InvalidArgument, []int{400, 422}, []int{12345}},
		{cfapi.InvalidArgument, []int{422}, []int{7003}},
		{cfapi.InvalidArgument, []int{400}, []int{10000}},

		// What may pass.
		{cfapi.RateLimited, []int{429}, nil},
		{cfapi.RateLimited, []int{429}, []int{971}},
		{cfapi.RateLimited, []int{429}, []int{10000}},
		{cfapi.Unavailable, []int{408, 500, 501, 502, 503, 504, 505, 507, 511, 599}, nil},
		{cfapi.Unavailable, []int{520, 521, 522, 523, 524, 525, 526, 527, 530}, nil},
		{cfapi.Unavailable, []int{408, 500, 502, 503, 504, 522}, []int{12345}},
		{cfapi.Unavailable, []int{500, 503}, []int{10000}},

		// What is not documented.
		{cfapi.UnexpectedResponse, []int{300, 301, 302, 303, 304, 307, 308}, nil},
		{cfapi.UnexpectedResponse, []int{402, 405, 406, 409, 410, 411, 413, 414, 415, 418, 431, 451, 499}, nil},
		{cfapi.UnexpectedResponse, []int{302, 405, 409, 418}, []int{10000}},
		{cfapi.UnexpectedResponse, []int{200, 201}, []int{12345}},
		{cfapi.UnexpectedResponse, []int{200}, []int{0}},
	} {
		for _, status := range c.statuses {
			t.Run(fmt.Sprint(status, c.codes), func(t *testing.T) {
				t.Parallel()
				body := errorBody(c.codes...)
				if status == 304 {
					body = "" // HTTP forbids one
				}
				failure := mustFail(t, simulator.Fault{Status: status, Body: body})
				if failure.Kind != c.want || failure.HTTPStatus != status {
					t.Errorf("failure is %q with HTTP %d, want %q with HTTP %d", failure.Kind, failure.HTTPStatus, c.want, status)
				}
				if !slices.Equal(failure.Codes(), c.codes) {
					t.Errorf("codes are %v, want %v", failure.Codes(), c.codes)
				}
			})
		}
	}
}

// The front door answers in HTML, and its status is then all there is to go by.
func TestKindsOfPages(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]cfapi.Kind{
		200: cfapi.UnexpectedResponse,
		302: cfapi.UnexpectedResponse,
		400: cfapi.InvalidArgument,
		401: cfapi.Unauthenticated,
		403: cfapi.Forbidden,
		404: cfapi.NotFound,
		405: cfapi.UnexpectedResponse,
		408: cfapi.Unavailable,
		422: cfapi.InvalidArgument,
		429: cfapi.RateLimited,
		500: cfapi.Unavailable,
		522: cfapi.Unavailable,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			failure := mustFail(t, simulator.Fault{Status: status, Body: "<!DOCTYPE html><html><body>No.</body></html>"})
			if failure.Kind != want {
				t.Errorf("kind is %q, want %q", failure.Kind, want)
			}
			if failure.Summary != "an HTML page" {
				t.Errorf("summary is %q", failure.Summary)
			}
		})
	}
}

// The code that decides may be the inner one.
func TestKindFromErrorChain(t *testing.T) {
	t.Parallel()
	failure := mustFail(t, simulator.Fault{Status: 400, Body: `{"success":false,"errors":[{"code":5,"message":"outer","error_chain":[{"code":6003,"message":"inner"}]}]}`})
	if failure.Kind != cfapi.Unauthenticated {
		t.Errorf("kind is %q", failure.Kind)
	}
}

func TestTemporary(t *testing.T) {
	t.Parallel()
	for kind, want := range map[cfapi.Kind]bool{
		cfapi.InvalidArgument:    false,
		cfapi.NoCredentials:      false,
		cfapi.Unauthenticated:    false,
		cfapi.Forbidden:          false,
		cfapi.NotFound:           false,
		cfapi.Canceled:           false,
		cfapi.RateLimited:        true,
		cfapi.Unavailable:        true,
		cfapi.UnexpectedResponse: true,
		cfapi.Timeout:            true,
	} {
		if got := (&cfapi.Error{Kind: kind}).Temporary(); got != want {
			t.Errorf("%s: Temporary is %t", kind, got)
		}
	}
}
