package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/tools"
)

// call is a call of the tool and what it may be answered.
type call struct {
	share     int // of 10,000 calls
	test      string
	arguments string
	kind      cfapi.Kind // of the error; "" for a result
	mentions  string     // what the text must contain
}

func getCall(share int, test, mentions string) call {
	return call{share, test, `{"policy_test_id":"` + test + `"}`, "", "Policy test " + mentions}
}

// mix is what is called: mostly tests with an answer that can be shared. The last
// ones are rare, because each of their calls is a request, and there are 4
// requests a second.
var mix = []call{
	getCall(5993, simulator.DocumentedID, "exam…nted is complete"),
	getCall(2000, longTest, "soak…sing is still processing"),
	getCall(1000, simulator.PolicyTestID, "f1a8…b5a6 is "),
	getCall(300, simulator.BlockedID, "exam…cked "),
	getCall(300, simulator.ExceededTimeID, "exam…time "),
	{100, "", `{}`, cfapi.InvalidArgument, "policy_test_id is required"},
	{100, "", `{"policy_test_id":"a/../b"}`, cfapi.InvalidArgument, "only letters"},
	{100, "", `{"policy_test_id":"` + strings.Repeat("a", 65) + `"}`, cfapi.InvalidArgument, "at most 64, but is 65"},
	{100, "", `{"policy_test_id":"a","test":1}`, cfapi.InvalidArgument, `unknown argument "test"`},
	getCall(3, simulator.UnknownStatusID, `exam…atus has the status "paused"`),
	{2, "soak-unknown", `{"policy_test_id":"soak-unknown"}`, cfapi.NotFound, "no such policy test"},
	{2, "soak-foreign", `{"account_id":"soak","policy_test_id":"soak-foreign"}`, cfapi.Forbidden, "refused access"},
}

// pick spreads the mix evenly over the calls' numbers.
func pick(n int) call {
	const all, coprime = 10_000, 6173
	place := n * coprime % all
	for _, c := range mix {
		if place < c.share {
			return c
		}
		place -= c.share
	}
	panic("the shares of the mix are not of 10,000")
}

// message is the call as a request; a stateless one says more of itself.
func (c call) message(id int, stateless bool) string {
	meta := ""
	if stateless {
		meta = `,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"get_access_policy_test","arguments":%s%s}}`, id, c.arguments, meta)
}

// answer is the response to a call.
type answer struct {
	ID     int             `json:"id"`
	Error  json.RawMessage `json:"error,omitempty"`
	Result struct {
		Content           []struct{ Text string }    `json:"content"`
		IsError           bool                       `json:"isError"`
		StructuredContent json.RawMessage            `json:"structuredContent"`
		Meta              map[string]tools.ErrorInfo `json:"_meta"`
	} `json:"result"`
}

// How old the figures in an answer may be, by the contract, and how much older
// they may look because requests and answers take their time.
const (
	maxAge         = time.Second
	maxAgeFinished = 15 * time.Second // of a test that has finished
	slack          = time.Second
)

// judge says what is wrong with an answer; "" if nothing is. It is old if the same
// answer was right earlier.
func (a *api) judge(c call, body []byte, id int, began, ended time.Time) (fault string, old bool) {
	var got answer
	if err := json.Unmarshal(body, &got); err != nil {
		return "not JSON: " + err.Error(), false
	}
	switch {
	case got.ID != id:
		return "an answer to another call", false
	case got.Error != nil || len(got.Result.Content) == 0:
		return "not a result", false
	case got.Result.IsError:
		return a.judgeError(c, got, began, ended)
	case c.kind != "":
		return "a result instead of an error", false
	}
	var test tools.PolicyTest
	if err := json.Unmarshal(got.Result.StructuredContent, &test); err != nil {
		return "structuredContent: " + err.Error(), false
	}
	age := maxAge
	if test.Finished {
		age = maxAgeFinished
	}
	figures := cfapi.PolicyTest{
		ID: test.ID, Status: test.Status, PercentUsersProcessed: test.PercentUsersProcessed,
		PercentApproved: test.PercentApproved, PercentBlocked: test.PercentBlocked, PercentErrored: test.PercentErrored,
		TotalUsers: test.TotalUsers, UsersApproved: test.UsersApproved, UsersBlocked: test.UsersBlocked, UsersErrored: test.UsersErrored,
	}
	switch texts := got.Result.Content; {
	case test.Finished != test.Status.Finished(), test.Finished == (test.CheckAgainAfterSeconds > 0), test.Warnings != nil:
		return "the program's own fields are wrong", false
	case !strings.Contains(test.Summary, c.mentions), len(texts) != 2, texts[0].Text != test.Summary, texts[1].Text != string(got.Result.StructuredContent):
		return "the texts are wrong", false
	case a.served(c.test, figures, began.Add(-age-slack), ended):
		return "", false
	case a.served(c.test, figures, time.Time{}, ended):
		return "figures that are too old", true
	}
	return "figures that the API did not give", false
}

// judgeError judges a failure: the one that is due, or one that the script made.
func (a *api) judgeError(c call, got answer, began, ended time.Time) (fault string, old bool) {
	info := got.Result.Meta[tools.ErrorMetaKey]
	scripted := []cfapi.Kind{cfapi.Unavailable, cfapi.UnexpectedResponse}
	switch {
	case info.Kind == c.kind && strings.Contains(got.Result.Content[0].Text, c.mentions):
		return "", false
	case !slices.Contains(scripted, info.Kind), !a.failed(c.test, time.Time{}, ended.Add(slack)):
		return "the wrong failure", false
	case !a.failed(c.test, began.Add(-slack), ended.Add(slack)):
		return "a failure that is too old", true
	}
	return "", false
}
