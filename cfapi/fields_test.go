package cfapi_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// TestNamesMatchExactly: a field whose name differs in case only is another field, in
// every part of an answer.
func TestNamesMatchExactly(t *testing.T) {
	t.Parallel()
	answer := mustAnswer(t, simulator.Fault{Status: 200, Body: `{"success": true, "SUCCESS": false, "Errors": [{"code": 1, "message": "x"}],
		"result": {"status": "processing", "STATUS": "complete", "Status": "blocked", "total_users": 20, "Total_Users": 7, "ID": "x"}, "Result": {"status": "blocked"},
		"messages": [{"message": "m", "MESSAGE": "other", "CODE": 7, "code": 8, "Source": {"pointer": "/a"}, "source": {"Pointer": "/b"}}], "Messages": []}`})
	if got := answer.Result; got.Status != cfapi.Processing || got.TotalUsers == nil || *got.TotalUsers != 20 || got.ID != "" {
		t.Errorf("result %+v", got)
	}
	if diff := cmp.Diff([]cfapi.Notice{{Code: 8, Message: "m"}}, answer.Messages); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	client, sim := simulated(t)
	sim.SetFaults(simulator.Always(simulator.Fault{Status: 200, Body: `{"success": true, "result": [null, {"id": "1", "ID": "2", "email": "a@b", "Email": "c@d", "Name": "n", "status": "blocked", "STATUS": "approved"}]}`}))
	users, err := client.ListPolicyTestUsers(t.Context(), simulator.AccountID, simulator.PolicyTestID, 1, 25, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]cfapi.User{{}, {ID: "1", Email: "a@b", Status: cfapi.UserBlocked}}, users.Result); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	sim.SetFaults(simulator.Always(simulator.Fault{Status: 200, Body: `{"success": true, "result": {"id": "1", "ID": "2", "status": "success", "Status": "no"}}`}))
	started, err := client.StartPolicyTest(t.Context(), simulator.AccountID, nil)
	if err != nil || started.Result != (cfapi.StartedPolicyTest{ID: "1", Status: "success"}) {
		t.Errorf("%+v, %v", started.Result, err)
	}
}

// TestRemarksCostNoFigures: whatever form messages have, the result that comes with them
// is read.
func TestRemarksCostNoFigures(t *testing.T) {
	t.Parallel()
	for messages, want := range map[string][]cfapi.Notice{
		`["text"]`:                                                   {{Message: "text"}},
		`[{"code": "1001", "message": "m"}]`:                         {{Code: 1001, Message: "m"}},
		`[{"code": "x1", "message": "m"}]`:                           {{Message: "m"}},
		`[{"code": 1.5, "message": ["a", 1]}]`:                       {{Message: `["a", 1]`}},
		`[{"message": "m", "source": "/a", "documentation_url": 7}]`: {{Message: "m"}},
		`"text"`:                   {{Message: "text"}},
		`{"code": 7}`:              {{Code: 7}},
		`[7, true, ["a"]]`:         {{Message: "7"}, {Message: "true"}, {Message: `["a"]`}},
		`null`:                     nil,
		`[]`:                       nil,
		`[{"error_chain": "why"}]`: {{}, {Message: "why"}},
	} {
		answer := mustAnswer(t, simulator.Fault{Status: 200, Body: `{"success": true, "errors": ` + messages + `, "messages": ` + messages + `, "result": {"total_users": 20}}`})
		if got := answer.Result.TotalUsers; got == nil || *got != 20 {
			t.Errorf("%s: total_users %v", messages, got)
		}
		if diff := cmp.Diff(want, answer.Messages); diff != "" {
			t.Errorf("%s (-want +got):\n%s", messages, diff)
		}
	}
}
