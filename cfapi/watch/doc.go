// Package watch asks for the state of policy tests on behalf of many callers.
//
// It makes as few requests as it can: whoever asks for the same test shares its
// requests, a test is polled at a pace that suits its own, and all polls together
// keep to the budget of the credential ([access-policy-mcp/cfapi/quota]).
//
// A [Watcher] belongs to one client and so to one credential; a [Pool] keeps one for
// each credential: what was read with one never reaches a caller who has another.
// The goroutines of a watcher end with the callers who want their requests.
package watch
