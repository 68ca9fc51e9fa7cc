package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/tools"
)

// TestMix checks that every call of the mix is made as often as it says.
func TestMix(t *testing.T) {
	counts := map[string]int{}
	for n := range 10_000 {
		counts[pick(n).arguments]++
	}
	for _, c := range mix {
		if counts[c.arguments] != c.share {
			t.Errorf("%s: %d times, want %d", c.arguments, counts[c.arguments], c.share)
		}
	}
}

// response is an answer to a call with a structured result, as the server sends it.
func response(t *testing.T, id int, structured string, change func(*answer)) []byte {
	t.Helper()
	var got answer
	got.ID = id
	got.Result.StructuredContent = json.RawMessage(structured)
	var test tools.PolicyTest
	if err := json.Unmarshal(got.Result.StructuredContent, &test); err != nil {
		t.Fatal(err)
	}
	got.Result.Content = []struct{ Text string }{{test.Summary}, {structured}}
	if change != nil {
		change(&got)
	}
	body, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func failure(kind cfapi.Kind, text string) func(*answer) {
	return func(got *answer) {
		got.Result.IsError = true
		got.Result.Content[0].Text = text
		got.Result.Meta = map[string]tools.ErrorInfo{tools.ErrorMetaKey: {Kind: kind}}
	}
}

func TestJudge(t *testing.T) {
	const (
		complete   = `{"id":"a","status":"complete","total_users":7,"finished":true,"summary":"Policy test a is complete"}`
		processing = `{"id":"a","status":"processing","total_users":7,"finished":false,"check_again_after_seconds":5,"summary":"Policy test a is processing"}`
		other      = `{"id":"a","status":"complete","total_users":8,"finished":true,"summary":"Policy test a is complete"}`
	)
	now := time.Now()
	seven := cfapi.Count(7)
	c := getCall(1, "a", "a is ")
	unknown := call{test: "b", kind: cfapi.NotFound, mentions: "no such"}
	for _, tc := range []struct {
		name       string
		call       call
		ago        time.Duration // when the API gave the figures or failed
		structured string
		change     func(*answer)
		fault      string
		old        bool
	}{
		{"a result", c, 0, complete, nil, "", false},
		{"14 s old and finished", c, 14 * time.Second, complete, nil, "", false},
		{"20 s old and finished", c, 20 * time.Second, complete, nil, "figures that are too old", true},
		{"processing", c, 0, processing, nil, "", false},
		{"3 s old and processing", c, 3 * time.Second, processing, nil, "figures that are too old", true},
		{"other figures", c, 0, other, nil, "figures that the API did not give", false},
		{"of another call", c, 0, complete, func(a *answer) { a.ID++ }, "an answer to another call", false},
		{"an error of the protocol", c, 0, complete, func(a *answer) { a.Error = json.RawMessage(`{}`) }, "not a result", false},
		{"a second text that differs", c, 0, complete, func(a *answer) { a.Result.Content[1].Text = "{}" }, "the texts are wrong", false},
		{"a result where an error is due", unknown, 0, complete, nil, "a result instead of an error", false},
		{"the error that is due", unknown, 0, complete, failure(cfapi.NotFound, "no such test"), "", false},
		{"another kind", unknown, 0, complete, failure(cfapi.Forbidden, "no such test"), "the wrong failure", false},
		{"a scripted failure", c, 0, complete, failure(cfapi.Unavailable, "503"), "", false},
		{"an old scripted failure", c, time.Minute, complete, failure(cfapi.Unavailable, "503"), "a failure that is too old", true},
		{"a failure that nobody scripted", c, 0, complete, failure(cfapi.RateLimited, "429"), "the wrong failure", false},
		{"the wrong failure of a kind that is scripted", unknown, 0, complete, failure(cfapi.Unavailable, "503"), "the wrong failure", false},
	} {
		a := &api{figures: map[string]map[string][]time.Time{"a": {}}, failures: map[string][]time.Time{}}
		served := []time.Time{now.Add(-tc.ago)}
		a.failures["a"] = served
		for _, status := range []cfapi.Status{cfapi.Complete, cfapi.Processing} {
			a.figures["a"][canonical(cfapi.PolicyTest{ID: "a", Status: status, TotalUsers: &seven})] = served
		}
		fault, old := a.judge(tc.call, response(t, 3, tc.structured, tc.change), 3, now, now)
		if fault != tc.fault || old != tc.old {
			t.Errorf("%s: %q, %t; want %q, %t", tc.name, fault, old, tc.fault, tc.old)
		}
	}
}

// TestLoad checks that nothing that happens to a call is forgotten.
func TestLoad(t *testing.T) {
	l := newLoad(&api{}, 4)
	c := getCall(1, "a", "")
	l.answered(c, []byte("not JSON"), 1, time.Now())
	l.unexpected([]byte("{}"))
	l.failed(c, errors.New("EOF"))
	l.failed(c, fmt.Errorf("read: %w", os.ErrDeadlineExceeded))
	got := []int{len(l.durations), l.wrong.n, l.old.n, l.lost.n, l.cutOff.n}
	if want := []int{1, 2, 0, 1, 1}; !slices.Equal(got, want) {
		t.Errorf("answers, wrong, old, lost, cut off: %v, want %v", got, want)
	}
}
