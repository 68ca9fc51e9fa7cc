// Package cfapi is a client for Cloudflare's Access policy tester.
//
// It covers the endpoints below
// https://developers.cloudflare.com/api/resources/zero_trust/subresources/access/subresources/applications/subresources/policy_tests/
// and nothing else of Cloudflare's API. One method of [Client] is one exchange
// with the API: a request, its retries, and either an [Answer] or an [*Error].
// The package reads no environment, logs nothing and keeps no state between
// exchanges but its connections.
//
// Everything that the API sends is foreign text. Strings that leave this
// package have been stripped of control and invisible characters, bounded in
// length, and searched for the caller's own credentials.
package cfapi
