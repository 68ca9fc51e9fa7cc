// Package credentials keeps what the command login is given: an API token in the key ring
// of the system, and beside it one small file with the default account, which is cheap to
// read at every start. Only where somebody has agreed to it the token itself is in that
// file.
//
// Without the file nothing is kept, and the key ring is not asked. A key ring may open a
// window and wait for a person, or never answer at all, so every call of it has a limit.
package credentials
