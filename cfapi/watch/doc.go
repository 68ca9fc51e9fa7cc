// Package watch asks for the state of policy tests on behalf of many callers.
//
// Cloudflare refuses every request of a user or token for 5 minutes once 1,200
// were made within 5 minutes, those of the user's other programs included. So
// this package makes as few as it can: whoever asks for the same test shares its
// requests, a test is polled at a pace that suits its own, and all polls together
// keep to a budget.
//
// A [Watcher] belongs to one client and so to one set of credentials: what was
// read with one never reaches a caller who has another.
package watch
