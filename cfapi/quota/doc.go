// Package quota is the default [cfapi.Limiter]: a budget of requests, kept in memory.
//
// Cloudflare refuses every request of a user or token for 5 minutes once 1,200 were
// made within 5 minutes, those of the user's other programs included
// (https://developers.cloudflare.com/fundamentals/api/reference/limits/). A [Budget]
// keeps three promises, whatever its callers and the API do:
//
//   - In any 5 minutes there are at most as many requests as the budget has.
//   - After a 429 nothing is sent until the penalty ends. No later answer shortens it.
//   - A request waits only while the budget is used up. A caller that gives up leaves
//     the queue at once, and has used nothing.
//
// It is a token bucket with two queues: first requests go before polls that repeat. Each
// queue is first in, first out.
package quota
