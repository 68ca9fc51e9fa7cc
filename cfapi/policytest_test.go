package cfapi_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// The example in Cloudflare's reference contradicts itself (complete at 50 %),
// which makes it a good witness that no figure is corrected on the way.
func TestDocumentedExample(t *testing.T) {
	t.Parallel()
	const body = `{
  "errors": [],
  "messages": [],
  "success": true,
  "result": {
    "id": "f1a8b3c9d4e5f6789a0b1c2d3e4f5678a9b0c1d2e3f4a5b67890c1d2e3f4b5a6",
    "percent_approved": 25,
    "percent_blocked": 25,
    "percent_errored": 25,
    "percent_users_processed": 50,
    "status": "complete",
    "total_users": 20,
    "users_approved": 5,
    "users_blocked": 5,
    "users_errored": 5
  }
}`
	want := cfapi.Answer[cfapi.PolicyTest]{Result: cfapi.PolicyTest{
		ID:                    "f1a8b3c9d4e5f6789a0b1c2d3e4f5678a9b0c1d2e3f4a5b67890c1d2e3f4b5a6",
		Status:                cfapi.Complete,
		PercentUsersProcessed: new(50.0),
		PercentApproved:       new(25.0),
		PercentBlocked:        new(25.0),
		PercentErrored:        new(25.0),
		TotalUsers:            new(cfapi.Count(20)),
		UsersApproved:         new(cfapi.Count(5)),
		UsersBlocked:          new(cfapi.Count(5)),
		UsersErrored:          new(cfapi.Count(5)),
	}}
	if diff := cmp.Diff(want, mustAnswer(t, simulator.Fault{Status: 200, Body: body})); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

// numberFields lists the optional numbers of a result, with what reads them back.
var numberFields = []struct {
	name string
	read func(cfapi.PolicyTest) *float64
}{
	{"percent_users_processed", func(p cfapi.PolicyTest) *float64 { return p.PercentUsersProcessed }},
	{"percent_approved", func(p cfapi.PolicyTest) *float64 { return p.PercentApproved }},
	{"percent_blocked", func(p cfapi.PolicyTest) *float64 { return p.PercentBlocked }},
	{"percent_errored", func(p cfapi.PolicyTest) *float64 { return p.PercentErrored }},
	{"total_users", func(p cfapi.PolicyTest) *float64 { return countValue(p.TotalUsers) }},
	{"users_approved", func(p cfapi.PolicyTest) *float64 { return countValue(p.UsersApproved) }},
	{"users_blocked", func(p cfapi.PolicyTest) *float64 { return countValue(p.UsersBlocked) }},
	{"users_errored", func(p cfapi.PolicyTest) *float64 { return countValue(p.UsersErrored) }},
}

func countValue(count *cfapi.Count) *float64 {
	if count == nil {
		return nil
	}
	return new(float64(*count))
}

// A zero that the API sent and a figure that it did not send mean different
// things to a reader, so they must not look the same.
func TestNumberAbsentNullAndZero(t *testing.T) {
	t.Parallel()
	for _, field := range numberFields {
		for _, c := range []struct {
			name, result string
			want         *float64
		}{
			{"absent", `{}`, nil},
			{"null", `{"` + field.name + `": null}`, nil},
			{"zero", `{"` + field.name + `": 0}`, new(0.0)},
			{"seven", `{"` + field.name + `": 7}`, new(7.0)},
		} {
			t.Run(field.name+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				got := mustAnswer(t, success(c.result)).Result
				if diff := cmp.Diff(c.want, field.read(got)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", field.name, diff)
				}
				// One field's value must not land in another.
				for _, other := range numberFields {
					if other.name != field.name && other.read(got) != nil {
						t.Errorf("%s = %v, but only %s was sent", other.name, *other.read(got), field.name)
					}
				}
			})
		}
	}
}

func TestStringAbsentNullAndEmpty(t *testing.T) {
	t.Parallel()
	for _, result := range []string{`{}`, `{"id":null,"status":null}`, `{"id":"","status":""}`} {
		if diff := cmp.Diff(cfapi.PolicyTest{}, mustAnswer(t, success(result)).Result); diff != "" {
			t.Errorf("%s (-want +got):\n%s", result, diff)
		}
	}
}

// Fields that a later version of the API adds must not break this one.
func TestUnknownFieldsAreIgnored(t *testing.T) {
	t.Parallel()
	got := mustAnswer(t, success(`{"status":"processing","policies":[{"id":"x"}],"users_skipped":{"a":1}}`)).Result
	if diff := cmp.Diff(cfapi.PolicyTest{Status: cfapi.Processing}, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status   cfapi.Status
		finished bool
	}{
		{"processing", false},
		{"complete", true},
		{"blocked", true},
		{"exceeded time", true},
		{"paused", false},
		{"Complete", false},
		{"exceeded_time", false},
		{"en attente – 待機中", false},
	} {
		t.Run(string(c.status), func(t *testing.T) {
			t.Parallel()
			got := mustAnswer(t, success(`{"status":"`+string(c.status)+`"}`)).Result.Status
			if got != c.status {
				t.Errorf("status %q became %q", c.status, got)
			}
			if got.Finished() != c.finished {
				t.Errorf("finished: %t", got.Finished())
			}
		})
	}
	if cfapi.Status("").Finished() {
		t.Error("a status that was not sent counts as finished")
	}
}

// What identifies and names a test is foreign text like any other.
func TestResultStringsAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 5000)
	got := mustAnswer(t, success(`{"id":"`+long+`","status":"`+long+`"}`)).Result
	if n := len([]rune(got.ID)); n != cfapi.MaxPolicyTestID {
		t.Errorf("id has %d characters, want %d", n, cfapi.MaxPolicyTestID)
	}
	if n := len([]rune(string(got.Status))); n != 100 {
		t.Errorf("status has %d characters, want 100", n)
	}
}

// The whole way to the simulator and back, with nothing scripted.
func TestSimulatedTestIsRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, sim := simulated(t)
		answer, err := get(t.Context(), client)
		if err != nil {
			t.Fatal(err)
		}
		if got := answer.Result; got.ID != simulator.PolicyTestID || got.Status != cfapi.Processing || *got.TotalUsers != 20 {
			t.Errorf("result is %+v", got)
		}
		if !answer.RateLimit.Known || answer.RateLimit.Remaining != 1199 {
			t.Errorf("rate limit is %+v", answer.RateLimit)
		}
		if sim.Requests() != 1 {
			t.Errorf("%d requests for one answer", sim.Requests())
		}
	})
}
