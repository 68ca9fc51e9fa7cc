package cli

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"access-policy-mcp/cfapi"
)

// usersReader reads the users of a test page by page.
type usersReader struct {
	client   *cfapi.Client
	query    usersQuery
	maxPages int // that readAll reads at most
}

// read reads what the query asks for and hands each page to show, whose errors end it.
// more tells whether there are, or may be, users beyond those shown.
func (r usersReader) read(ctx context.Context, show func([]cfapi.User) error) (more bool, err error) {
	if r.query.all {
		return r.readAll(ctx, show)
	}
	return r.readPage(ctx, show)
}

// readPage reads one page. If it is full, it asks whether there is another user: the API
// does not tell.
func (r usersReader) readPage(ctx context.Context, show func([]cfapi.User) error) (more bool, err error) {
	page, perPage := r.query.page, r.query.perPage
	users, err := r.list(ctx, r.client, page, perPage)
	if err != nil {
		return false, err
	}
	full := len(users) >= perPage
	if err := show(users[:min(len(users), perPage)]); err != nil || !full {
		return full, err
	}
	once := r.client.WithTurn(cfapi.Turn{MaxWait: cfapi.DefaultMaxWait, Once: true})
	next, err := r.list(ctx, once, page*perPage+1, 1)
	return err != nil || len(next) > 0, err
}

// readAll reads pages from the first to the one that is not full. It gives up on an API
// that sends a full page for the second time, or more than maxPages of them.
func (r usersReader) readAll(ctx context.Context, show func([]cfapi.User) error) (more bool, err error) {
	seen := map[[sha256.Size]byte]int{} // numbers of pages by what is on them
	for page := 1; page <= r.maxPages; page++ {
		users, err := r.list(ctx, r.client, page, cfapi.MaxUsersPerPage)
		if err != nil {
			return true, err
		}
		full := len(users) >= cfapi.MaxUsersPerPage
		if full {
			content, err := json.Marshal(users)
			if err != nil {
				return true, err
			}
			digest := sha256.Sum256(content)
			if before := seen[digest]; before != 0 {
				return true, fmt.Errorf("page %d has the same users as page %d: the list does not come to an end, and there may be users that are not listed", page, before)
			}
			seen[digest] = page
		}
		if err := show(users); err != nil || !full {
			return full, err
		}
	}
	return true, fmt.Errorf("there are more than %d pages of %d users: --all reads no more of them", r.maxPages, cfapi.MaxUsersPerPage)
}

func (r usersReader) list(ctx context.Context, client *cfapi.Client, page, perPage int) ([]cfapi.User, error) {
	answer, err := client.ListPolicyTestUsers(ctx, r.query.accountID, r.query.policyTestID, page, perPage, r.query.status)
	return answer.Result, err
}
