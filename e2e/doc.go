// Package e2e tests the whole binary from outside:
//
//   - testdata/scripts: what the commands do in a terminal and in a pipe, a script for
//     each subject;
//   - TestFaultMatrix: every fault of the API against every call over every transport;
//   - TestStory: an assistant's session from start to end, through an MCP client;
//   - TestManyClients: hundreds of clients that wait for one test;
//   - the tests of what the documentation shows and claims;
//   - benchmarks of start, calls and memory, against the programs in minimal and floor.
//
// soak and interop are programs of their own: load for minutes, and clients written by
// others.
package e2e
