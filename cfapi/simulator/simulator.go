package simulator

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"access-policy-mcp/cfapi"
)

// The account, test and credentials that a new [Simulator] knows.
const (
	AccountID    = "023e105f4ecef8ad9ca31a8372d0c353"
	PolicyTestID = "f1a8b3c9d4e5f6789a0b1c2d3e4f5678a9b0c1d2e3f4a5b67890c1d2e3f4b5a6"
	Token        = "simulated-api-token" // of a user
	AccountToken = "cfat_simulated-account-token"
	Email        = "admin@example.com"
	Key          = "simulated-global-api-key"
)

// Tests of [AccountID] that show the other ends a test can come to.
const (
	// BlockedID has ended as "blocked", half way.
	BlockedID = "example-blocked"
	// ExceededTimeID has ended as "exceeded time", with a quarter of the users left.
	ExceededTimeID = "example-exceeded-time"
	// UnknownStatusID has a status that Cloudflare does not document.
	UnknownStatusID = "example-unknown-status"
	// DocumentedID answers with the example of Cloudflare's API reference.
	DocumentedID = "example-documented"
)

// Simulator is the API as an [http.Handler]. The zero value is not usable; see
// [New].
type Simulator struct {
	mux *http.ServeMux

	mu       sync.Mutex
	tests    map[string]*run
	quota    quota
	memory   Memory
	token    cfapi.Token
	faults   func(request int) Fault
	requests int
	started  int // tests, by request
}

// New returns a simulator with the example account and tests. The example test
// has 20 users, starts when it is first asked for and takes 8 s.
func New() *Simulator {
	s := &Simulator{
		mux: http.NewServeMux(),
		tests: map[string]*run{
			PolicyTestID:    newRun(PolicyTestID, 20, 8*time.Second),
			BlockedID:       {id: BlockedID, users: 20, end: cfapi.Blocked, share: 0.5, outcomes: usual},
			ExceededTimeID:  {id: ExceededTimeID, users: 20, end: cfapi.ExceededTime, share: 0.75, outcomes: usual},
			UnknownStatusID: {id: UnknownStatusID, users: 20, end: "paused", share: 0.25, outcomes: usual},
			// The example counts 5 users for each outcome.
			DocumentedID: {id: DocumentedID, fixed: DocumentedExample, users: 20, share: 0.75, outcomes: []outcome{approved, blocked, errored}},
		},
		quota: quota{limit: 1200, window: 5 * time.Minute},
		token: cfapi.Token{ID: TokenID, Status: cfapi.TokenActive},
	}
	s.mux.HandleFunc("POST /accounts/{account_id}/access/policy-tests", s.startPolicyTest)
	s.mux.HandleFunc("GET /accounts/{account_id}/access/policy-tests/{policy_test_id}", s.getPolicyTest)
	s.mux.HandleFunc("GET /accounts/{account_id}/access/policy-tests/{policy_test_id}/users", s.listUsers)
	s.mux.HandleFunc("GET /user/tokens/verify", s.verifyUserToken)
	s.mux.HandleFunc("GET /accounts/{account_id}/tokens/verify", s.verifyAccountToken)
	s.mux.HandleFunc("GET "+openPath, func(w http.ResponseWriter, _ *http.Request) {
		succeed(w, map[string][]string{"ipv4_cidrs": {"192.0.2.0/24"}, "ipv6_cidrs": {"2001:db8::/32"}})
	})
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusBadRequest, notice{Code: 7000, Message: "No route for that URI"})
	})
	return s
}

// AddTest makes a test known that starts when it is first asked for and is
// complete after duration.
func (s *Simulator) AddTest(id string, users int, duration time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tests[id] = newRun(id, users, duration)
}

// AddUnfinished is AddTest for a test that does not come to its end: after duration it
// has the status end, and only a share of the users, 0 to 1, has been processed.
func (s *Simulator) AddUnfinished(id string, users int, duration time.Duration, end cfapi.Status, share float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tests[id] = &run{id: id, users: users, duration: duration, end: end, share: share, outcomes: usual}
}

// SetQuota replaces the quota of 1,200 requests in 5 minutes.
func (s *Simulator) SetQuota(limit int, window time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quota = quota{limit: limit, window: window}
}

// Requests returns how many requests have come in, faults included.
func (s *Simulator) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// openPath is what the API tells everybody, without credentials: its networks.
const openPath = "/ips"

// ServeHTTP answers one request, or fails as the script says.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Only once the body has been read does the server notice that a client leaves.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))

	fault, quota := s.arrive()
	if !fault.play(w, r) {
		return
	}
	quota.setHeaders(w.Header())
	switch {
	case quota.exceeded:
		fail(w, http.StatusTooManyRequests, notice{Code: 971, Message: "Please wait and consider throttling your request speed"})
	case r.URL.Path != openPath && !s.authenticate(w, r):
	default:
		s.mux.ServeHTTP(w, r)
	}
}

// arrive counts a request and says what is to become of it.
func (s *Simulator) arrive() (Fault, quotaState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	var fault Fault
	if s.faults != nil {
		fault = s.faults(s.requests)
	}
	return fault, s.quota.take(time.Now())
}

// authenticate checks the credentials as the API does, one scheme at a time.
func (s *Simulator) authenticate(w http.ResponseWriter, r *http.Request) bool {
	authorization, email, key := r.Header.Get("Authorization"), r.Header.Get("X-Auth-Email"), r.Header.Get("X-Auth-Key")
	token, isBearer := strings.CutPrefix(authorization, "Bearer ")
	switch {
	case authorization == "" && email == "" && key == "":
		fail(w, http.StatusBadRequest, notice{Code: 9106, Message: "Missing X-Auth-Key, X-Auth-Email or Authorization headers"})
	case authorization != "" && (!isBearer || token == "" || email != "" || key != ""):
		fail(w, http.StatusBadRequest, notice{Code: 6003, Message: "Invalid request headers",
			Chain: []notice{{Code: 6103, Message: "Invalid format for authentication headers"}}})
	case isBearer && !s.accepts(token, r):
		invalidToken(w)
	case !isBearer && (email != Email || key != Key):
		fail(w, http.StatusForbidden, notice{Code: 9106, Message: "Authentication failed"})
	default:
		return true
	}
	return false
}

func (s *Simulator) getPolicyTest(w http.ResponseWriter, r *http.Request) {
	if !checkAccount(w, r) {
		return
	}
	test := s.find(r.PathValue("policy_test_id"))
	if test == nil {
		notFound(w)
		return
	}
	s.mu.Lock()
	state := test.state(time.Now())
	s.mu.Unlock()
	succeed(w, state)
}

// checkAccount answers requests with identifiers that are too long or for
// somebody else's account.
func checkAccount(w http.ResponseWriter, r *http.Request) bool {
	account, test := r.PathValue("account_id"), r.PathValue("policy_test_id")
	switch {
	case len(account) > cfapi.MaxAccountID, len(test) > cfapi.MaxPolicyTestID:
		fail(w, http.StatusBadRequest, notice{Code: 7003, Message: "Could not route to " + r.URL.Path + ", perhaps your object identifier is invalid?"})
	case account != AccountID:
		fail(w, http.StatusForbidden, notice{Code: 9109, Message: "Unauthorized to access requested resource"})
	default:
		return true
	}
	return false
}

func notFound(w http.ResponseWriter) {
	fail(w, http.StatusNotFound, notice{Code: 11021, Message: "access.api.error.not_found"})
}
