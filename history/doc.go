// Package history is the list of the policy tests that this machine has started or
// asked about: Cloudflare's API has none. It is one small file in the user's state
// folder, which several processes may read and write at the same time. No users, no
// policies and no credentials are in it.
package history
