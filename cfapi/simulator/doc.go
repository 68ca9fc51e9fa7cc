// Package simulator is an HTTP server that behaves as Cloudflare's Access policy
// tester does: it checks credentials and identifiers, wraps its answers in the
// API's envelope, moves a test along its timeline, counts requests against a
// quota, and can be told to fail in the ways in which networks and servers do.
//
// It serves people who try the program without an account, and tests and
// benchmarks. Its clock is package time's, so that in a testing/synctest bubble
// every answer is determined by the requests alone.
package simulator
