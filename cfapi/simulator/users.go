package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"access-policy-mcp/cfapi"
)

var (
	firstNames = []string{"Ada", "Alan", "Barbara", "Claude", "Donald", "Edsger", "Frances", "Grace", "Hedy", "John"}
	lastNames  = []string{"Allen", "Dijkstra", "Hopper", "Knuth", "Lamarr", "Liskov", "Lovelace", "McCarthy", "Shannon", "Turing"}
)

// user is the i-th user of the organisation with the outcome of a test.
func user(i int, o outcome) cfapi.User {
	first, last := firstNames[i%len(firstNames)], lastNames[(i/len(firstNames)+3*i)%len(lastNames)]
	return cfapi.User{
		ID:     fmt.Sprintf("%08x-5a3c-4e7d-9b1f-%012x", 0x1f0e2d3c+i*0x01010101%0x60000000, i+1),
		Email:  strings.ToLower(first+"."+last) + strconv.Itoa(i+1) + "@example.com",
		Name:   first + " " + last,
		Status: []cfapi.UserStatus{cfapi.UserApproved, cfapi.UserBlocked, cfapi.UserErrored}[o],
	}
}

// filters are the values of the parameter status, with what they select.
var filters = map[string]cfapi.UserStatus{"": "", "success": cfapi.UserApproved, "fail": cfapi.UserBlocked, "error": cfapi.UserErrored}

func (s *Simulator) listUsers(w http.ResponseWriter, r *http.Request) {
	if !checkAccount(w, r) {
		return
	}
	page, ok1 := number(r, "page", 1, 1<<20)
	perPage, ok2 := number(r, "per_page", 25, cfapi.MaxUsersPerPage)
	filter, ok3 := filters[r.FormValue("status")]
	if !ok1 || !ok2 || !ok3 {
		invalid(w, "invalid query parameter")
		return
	}
	test := s.find(r.PathValue("policy_test_id"))
	if test == nil {
		notFound(w)
		return
	}
	s.mu.Lock()
	_, processed := test.progress(time.Now())
	s.mu.Unlock()
	users := []cfapi.User{}
	for i := range processed {
		if u := user(i, test.outcome(i)); filter == "" || u.Status == filter {
			users = append(users, u)
		}
	}
	start := min((page-1)*perPage, len(users))
	succeed(w, users[start:min(start+perPage, len(users))])
}

// number reads a query parameter from 1 to limit.
func number(r *http.Request, name string, missing, limit int) (int, bool) {
	value := r.FormValue(name)
	if value == "" {
		return missing, true
	}
	n, err := strconv.Atoi(value)
	return n, err == nil && n >= 1 && n <= limit
}

func invalid(w http.ResponseWriter, message string) {
	fail(w, http.StatusBadRequest, notice{Code: 12130, Message: "access.api.error.invalid_request: " + message})
}
