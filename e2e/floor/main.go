// Floor is a program that makes the same call with nothing but net/http and
// encoding/json: no checks, no limits, and of the protocol only what a tool call needs. The
// benchmarks measure what a call costs beyond that. It serves Streamable HTTP at the
// address in its first argument, or else stdio.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
)

type request struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Arguments struct {
			AccountID    string `json:"account_id"`
			PolicyTestID string `json:"policy_test_id"`
		} `json:"arguments"`
	} `json:"params"`
}

type response struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  any             `json:"result"`
}

type policyTest struct {
	ID                    string  `json:"id"`
	Status                string  `json:"status"`
	PercentUsersProcessed float64 `json:"percent_users_processed"`
	PercentApproved       float64 `json:"percent_approved"`
	PercentBlocked        float64 `json:"percent_blocked"`
	PercentErrored        float64 `json:"percent_errored"`
	TotalUsers            int     `json:"total_users"`
	UsersApproved         int     `json:"users_approved"`
	UsersBlocked          int     `json:"users_blocked"`
	UsersErrored          int     `json:"users_errored"`
}

type text struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type toolResult struct {
	Content           []text     `json:"content"`
	StructuredContent policyTest `json:"structuredContent"`
}

// api asks for policy tests.
type api struct {
	client         *http.Client
	baseURL, token string
}

func main() {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 128
	a := &api{&http.Client{Transport: transport}, os.Getenv("CLOUDFLARE_BASE_URL"), os.Getenv("CLOUDFLARE_API_TOKEN")}
	if len(os.Args) > 1 {
		http.HandleFunc("POST /mcp", a.serveHTTP)
		fmt.Fprintln(os.Stderr, http.ListenAndServe(os.Args[1], nil)) //nolint:gosec // the least that works
		os.Exit(1)
	}
	a.serveStdio(os.Stdin, os.Stdout)
}

func (a *api) serveHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		var answer []byte
		if answer, err = a.answer(r.Context(), body); err == nil {
			w.Header().Set("Content-Type", "application/json")
			_, err = w.Write(answer)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func (a *api) serveStdio(in io.Reader, out io.Writer) {
	var mu sync.Mutex
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := append([]byte(nil), lines.Bytes()...)
		go func() {
			answer, err := a.answer(context.Background(), line)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				_, err = out.Write(append(answer, '\n'))
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}()
	}
}

func (a *api) answer(ctx context.Context, message []byte) ([]byte, error) {
	var r request
	if err := json.Unmarshal(message, &r); err != nil {
		return nil, err
	}
	answer := response{JSONRPC: "2.0", ID: r.ID}
	switch r.Method {
	case "initialize":
		answer.Result = map[string]any{
			"protocolVersion": "2025-11-25",
			"capabilities":    map[string]any{"tools": map[string]any{}},
			"serverInfo":      map[string]any{"name": "floor", "version": "1"},
		}
	case "tools/list":
		answer.Result = map[string]any{"tools": []any{map[string]any{"name": "get_access_policy_test", "inputSchema": map[string]any{"type": "object"}}}}
	default:
		test, err := a.get(ctx, r.Params.Arguments.AccountID, r.Params.Arguments.PolicyTestID)
		if err != nil {
			return nil, err
		}
		answer.Result = toolResult{[]text{{"text", "Policy test is " + test.Status}}, test}
	}
	return json.Marshal(answer)
}

func (a *api) get(ctx context.Context, accountID, policyTestID string) (policyTest, error) {
	url := fmt.Sprintf("%s/accounts/%s/access/policy-tests/%s", a.baseURL, accountID, policyTestID)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return policyTest{}, err
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	resp, err := a.client.Do(req)
	if err != nil {
		return policyTest{}, err
	}
	defer resp.Body.Close()
	var body struct {
		Result policyTest `json:"result"`
	}
	err = json.NewDecoder(resp.Body).Decode(&body)
	return body.Result, err
}
