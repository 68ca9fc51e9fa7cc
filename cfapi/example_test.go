package cfapi_test

import (
	"context"
	"errors"
	"fmt"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// Read the state of a test once, from the simulator in place of Cloudflare.
func ExampleClient_GetPolicyTest() {
	transport, stop := simulator.Serve(simulator.New())
	defer stop()
	client, err := cfapi.New(cfapi.Config{
		BaseURL:     simulator.BaseURL,
		Credentials: cfapi.Credentials{Token: simulator.Token},
		Transport:   transport,
	})
	if err != nil {
		panic(err)
	}
	answer, err := client.GetPolicyTest(context.Background(), simulator.AccountID, simulator.DocumentedID)
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.Result.Status, *answer.Result.PercentUsersProcessed)

	_, err = client.GetPolicyTest(context.Background(), simulator.AccountID, "unknown")
	if failure, ok := errors.AsType[*cfapi.Error](err); ok {
		fmt.Println(failure.Kind, failure.HTTPStatus)
	}
	// Output:
	// complete 50
	// not_found 404
}
