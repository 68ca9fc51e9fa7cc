package cfapi_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// Every field of a result is optional, so a result without any is an answer.
func TestEmptyResultIsAnAnswer(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"success":true,"result":{}}`,
		`{"success":true,"errors":null,"messages":null,"result":{}}`,
		` ` + "\r\n\t" + `{"result" : { } , "success" : true} ` + "\n",
	} {
		answer := mustAnswer(t, simulator.Fault{Status: 200, Body: body})
		if diff := cmp.Diff(cfapi.Answer[cfapi.PolicyTest]{}, answer); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}

func TestAnyStatusOf2xxIsASuccess(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201, 202, 203, 206} {
		fault := success(`{"status":"complete"}`)
		fault.Status = status
		if got := mustAnswer(t, fault).Result.Status; got != cfapi.Complete {
			t.Errorf("HTTP %d: status is %q", status, got)
		}
	}
}

func TestAnswersThatAreNotDocumented(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status  int
		body    string
		summary string
	}{
		"result missing":      {200, `{"success":true,"errors":[]}`, "a success without the documented result"},
		"result null":         {200, `{"success":true,"result":null}`, "a success without the documented result"},
		"result array":        {200, `{"success":true,"result":[{}]}`, "a success without the documented result"},
		"result string":       {200, `{"success":true,"result":"complete"}`, "a success without the documented result"},
		"result number":       {200, `{"success":true,"result":7}`, "a success without the documented result"},
		"result true":         {200, `{"success":true,"result":true}`, "a success without the documented result"},
		"success missing":     {200, `{"result":{"status":"complete"}}`, "an answer that does not report success, without an error message"},
		"success false":       {200, `{"success":false,"result":{"status":"complete"}}`, "an answer that does not report success, without an error message"},
		"success null":        {200, `{"success":null,"result":{}}`, "an answer that does not report success, without an error message"},
		"success string":      {200, `{"success":"true","result":{}}`, `a body that starts with "{'success':'true','result':{}}"`},
		"empty object":        {200, `{}`, "an answer that does not report success, without an error message"},
		"null":                {200, `null`, `a body that starts with "null"`},
		"array":               {200, `[]`, `a body that starts with "[]"`},
		"string":              {200, `"ok"`, `a body that starts with "'ok'"`},
		"number":              {200, `7`, `a body that starts with "7"`},
		"two values":          {200, `{"success":true,"result":{}} {}`, `a body that starts with "{'success':true,'result':{}} {}"`},
		"half a value":        {200, `{"success":true,"result":{`, `a body that starts with "{'success':true,'result':{"`},
		"empty":               {200, ``, "an empty body"},
		"white space":         {200, " \n\t ", "an empty body"},
		"no content":          {204, ``, "an empty body"},
		"byte order mark":     {200, "\ufeff" + `{"success":true,"result":{}}`, `a body that starts with "{'success':true,'result':{}}"`},
		"success with status": {409, `{"success":true,"result":{}}`, "an answer without an error message"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failure := mustFail(t, simulator.Fault{Status: c.status, Body: c.body})
			if failure.Kind != cfapi.UnexpectedResponse || failure.HTTPStatus != c.status {
				t.Errorf("failure is %v, want an unexpected response with HTTP %d", failure, c.status)
			}
			if failure.Summary != c.summary {
				t.Errorf("summary is\n%s\nwant\n%s", failure.Summary, c.summary)
			}
			if len(failure.Notices) != 0 {
				t.Errorf("notices are %v, but there were none", failure.Notices)
			}
		})
	}
}

// A failure must not hand out figures that somebody could take for an answer.
func TestFailureHasNoResult(t *testing.T) {
	t.Parallel()
	answer, err := ask(t, simulator.Fault{Status: 200, Body: `{"success":false,"result":{"status":"complete","total_users":20},"messages":[{"code":1,"message":"m"}]}`})
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(cfapi.Answer[cfapi.PolicyTest]{}, answer); diff != "" {
		t.Errorf("answer next to an error (-want +got):\n%s", diff)
	}
}

func TestMessagesAreReturned(t *testing.T) {
	t.Parallel()
	answer := mustAnswer(t, simulator.Fault{Status: 200, Body: `{
		"success": true,
		"errors": [],
		"messages": [
			{"code": 1001, "message": "This endpoint moves in June.", "documentation_url": "https://developers.cloudflare.com/x", "source": {"pointer": "/policies/0"}},
			{"message": "No code."},
			{"code": 1002}
		],
		"result": {}}`})
	want := []cfapi.Notice{
		{Code: 1001, Message: "This endpoint moves in June.", DocumentationURL: "https://developers.cloudflare.com/x", Pointer: "/policies/0"},
		{Message: "No code."},
		{Code: 1002},
	}
	if diff := cmp.Diff(want, answer.Messages); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}
