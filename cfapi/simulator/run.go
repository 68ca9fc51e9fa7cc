package simulator

import (
	"encoding/json"
	"math"
	"time"

	"access-policy-mcp/cfapi"
)

// DocumentedExample is the result in the example answer of Cloudflare's API
// reference, with its values as they are there: complete at 50 %.
const DocumentedExample = `{"id": "f1a8b3c9d4e5f6789a0b1c2d3e4f5678a9b0c1d2e3f4a5b67890c1d2e3f4b5a6",
 "percent_approved": 25, "percent_blocked": 25, "percent_errored": 25, "percent_users_processed": 50, "status": "complete",
 "total_users": 20, "users_approved": 5, "users_blocked": 5, "users_errored": 5}`

// run is one test on its way.
type run struct {
	id       string
	users    int           // in the organisation
	duration time.Duration // from the first question to the end
	end      cfapi.Status  // how it ends
	share    float64       // of the users processed by then, 0 to 1
	fixed    string        // the result, if it is always the same
	outcomes []outcome     // of the users, over and over
	started  time.Time     // when it was first asked for
}

// outcome of the policies for one user.
type outcome int

const (
	approved outcome = iota
	blocked
	errored
)

// usual outcomes: of ten users, seven are approved, two blocked, and for one the
// policies cannot be evaluated.
var usual = []outcome{approved, approved, blocked, approved, approved, errored, approved, blocked, approved, approved}

// newRun is a test that processes all users and is then complete.
func newRun(id string, users int, duration time.Duration) *run {
	return &run{id: id, users: users, duration: duration, end: cfapi.Complete, share: 1, outcomes: usual}
}

// progress is where the test stands at a moment. The users are processed one
// after another at an even pace.
func (r *run) progress(now time.Time) (status cfapi.Status, processed int) {
	if r.started.IsZero() {
		r.started = now
	}
	status, progress := r.end, 1.0
	if elapsed := now.Sub(r.started); elapsed < r.duration {
		status, progress = cfapi.Processing, float64(elapsed)/float64(r.duration)
	}
	return status, int(progress * r.share * float64(r.users))
}

// state is the result at a moment.
func (r *run) state(now time.Time) any {
	if r.fixed != "" {
		return json.RawMessage(r.fixed)
	}
	status, processed := r.progress(now)
	var counts [3]int
	for i := range processed {
		counts[r.outcome(i)]++
	}
	return cfapi.PolicyTest{
		ID:                    r.id,
		Status:                status,
		PercentUsersProcessed: percent(processed, r.users),
		PercentApproved:       percent(counts[approved], processed),
		PercentBlocked:        percent(counts[blocked], processed),
		PercentErrored:        percent(counts[errored], processed),
		TotalUsers:            count(r.users),
		UsersApproved:         count(counts[approved]),
		UsersBlocked:          count(counts[blocked]),
		UsersErrored:          count(counts[errored]),
	}
}

func (r *run) outcome(i int) outcome { return r.outcomes[i%len(r.outcomes)] }

func count(n int) *cfapi.Count { return new(cfapi.Count(n)) }

func percent(part, whole int) *float64 {
	if whole == 0 {
		return new(0.0)
	}
	return new(math.Round(10000*float64(part)/float64(whole)) / 100)
}
