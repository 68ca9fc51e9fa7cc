package simulator

import (
	"encoding/json"
	"net/http"
)

type notice struct {
	Code    int      `json:"code"`
	Message string   `json:"message"`
	Chain   []notice `json:"error_chain,omitempty"`
}

type envelope struct {
	Errors   []notice `json:"errors"`
	Messages []notice `json:"messages"`
	Success  bool     `json:"success"`
	Result   any      `json:"result"`
}

func succeed(w http.ResponseWriter, result any) {
	write(w, http.StatusOK, envelope{Errors: []notice{}, Messages: []notice{}, Success: true, Result: result})
}

func fail(w http.ResponseWriter, status int, errors ...notice) {
	write(w, status, envelope{Errors: errors, Messages: []notice{}})
}

func write(w http.ResponseWriter, status int, body envelope) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cf-Ray", "8e1f2a3b4c5d6e7f-SIM")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone, which is its business
}
