package quota_test

import (
	"context"
	"fmt"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/quota"
)

// A budget of 30 requests in any 5 minutes lets 3 go at once. Who has no patience is
// then told when there may be room.
func ExampleBudget() {
	budget := quota.New(30)
	for range 4 {
		fmt.Println(budget.Wait(context.Background(), cfapi.Turn{}))
	}
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// rate_limited: this server's own budget of requests is used up
}
