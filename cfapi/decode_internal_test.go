package cfapi

import (
	"net/http"
	"testing"
)

// exampleAnswer is the example of Cloudflare's API reference.
const exampleAnswer = `{"errors": [], "messages": [], "success": true, "result": {"id": "f1a8b3c9d4e5f6789a0b1c2d3e4f5678a9b0c1d2e3f4a5b67890c1d2e3f4b5a6",
 "percent_approved": 25, "percent_blocked": 25, "percent_errored": 25, "percent_users_processed": 50, "status": "complete",
 "total_users": 20, "users_approved": 5, "users_blocked": 5, "users_errored": 5}}`

// BenchmarkDecode is what an answer costs once it has been received.
func BenchmarkDecode(b *testing.B) {
	client, err := New(Config{Credentials: Credentials{Token: "cfut_simulated-token"}})
	if err != nil {
		b.Fatal(err)
	}
	r := response{status: 200, header: http.Header{"Cf-Ray": {"8e1f2a3b4c5d6e7f-FRA"}, "Ratelimit": {`"default";r=50;t=30`}}, body: []byte(exampleAnswer)}
	b.ReportAllocs()
	for b.Loop() {
		answer, err := decode[PolicyTest](client, r, '{')
		if err != nil || *answer.Result.UsersErrored != 5 {
			b.Fatal(err, answer)
		}
		_ = client.clean(answer.Result.ID, MaxPolicyTestID)
		_ = client.clean(string(answer.Result.Status), maxName)
	}
}
