// Package quota is the default [cfapi.Limiter]: a budget of requests, kept in memory.
//
// Cloudflare refuses every request of a user or token for 5 minutes once 1,200 were
// made within 5 minutes, those of the user's other programs included
// (https://developers.cloudflare.com/fundamentals/api/reference/limits/). A [Budget]
// keeps three promises, whatever its callers and the API do:
//
//   - No 5 minutes see more requests than the budget has.
//   - Nothing is sent before a penalty is over; later news never shorten one.
//   - Nobody waits while there is room, and who gives up frees the place at once.
//
// It is a token bucket with two queues. Those who ask for the first time come before
// polls that repeat; within a queue, who came first goes first.
package quota
