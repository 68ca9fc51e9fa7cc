// Package watch asks for the state of policy tests on behalf of many callers.
//
// It makes as few requests as it can. Callers that ask about the same test share its
// requests. How often a test is polled depends on how fast it advances. All polls
// together stay within the budget of the credential ([access-policy-mcp/cfapi/quota]).
//
// A [Watcher] belongs to one client and so to one credential. A [Pool] has one for each
// credential: results are never shared between credentials. A watcher has no goroutines
// while nobody waits for it.
package watch
