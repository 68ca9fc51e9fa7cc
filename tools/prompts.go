package tools

import (
	"context"
	"fmt"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"access-policy-mcp/cfapi"
)

// prompts are what chats offer as slash commands. Each exists if the tools that it
// names are served.
func (s *service) prompts() []server.ServerPrompt {
	var list []server.ServerPrompt
	if s.serves(getTestName, listUsersName) {
		list = append(list, s.prompt("review_access_policy_test", "Review an Access policy test",
			"Waits for a policy test and reports what it found, and what to look at first",
			"Review the Cloudflare Access policy test %s%s. "+review,
			mcp.PromptArgument{Name: "policy_test_id", Description: "ID of the policy test", Required: true}))
	}
	if s.serves(startTestName, getTestName, listUsersName) {
		list = append(list, s.prompt("test_access_policy", "Test an Access policy",
			"Tests a policy against all users of the organisation and reports who would be locked out",
			"Test this Cloudflare Access policy%[2]s: %[1]s\n\n"+
				"If that is an ID, start the test with it; otherwise write the inline policy that it describes, show it to me, and start the test when I agree. "+
				"Start it once, with start_access_policy_test. Then: "+review,
			mcp.PromptArgument{Name: "policy", Description: "ID of a reusable policy, or a description of a policy in words", Required: true}))
	}
	return list
}

// review is what both prompts end with.
const review = "Call get_access_policy_test with wait_seconds 45, and again while finished is false. " +
	"Then list the users with status blocked, and those with status error, with list_access_policy_test_users. " +
	"Report the status of the test, how many users were processed, and the split into approved, blocked and errored, with the figures as they are. " +
	"Name the blocked and errored users, say what they have in common, and what I should look at first."

// prompt makes a prompt whose text is format with the value of its argument and, if
// one is given, " in the account ID".
func (s *service) prompt(name, title, description, format string, argument mcp.PromptArgument) server.ServerPrompt {
	account := mcp.PromptArgument{Name: "account_id", Description: "Cloudflare account ID", Required: s.options.DefaultAccountID == ""}
	return server.ServerPrompt{
		Prompt: mcp.Prompt{Name: name, Title: title, Description: description, Arguments: []mcp.PromptArgument{argument, account}},
		Handler: func(_ context.Context, request mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			value, in := request.Params.Arguments[argument.Name], ""
			if value == "" {
				return nil, missingArgument(argument)
			}
			if id := request.Params.Arguments[account.Name]; id != "" {
				in = " in the account " + id
			} else if account.Required {
				return nil, missingArgument(account)
			}
			return mcp.NewGetPromptResult(description, []mcp.PromptMessage{
				mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(fmt.Sprintf(format, value, in))),
			}), nil
		},
	}
}

func missingArgument(argument mcp.PromptArgument) *RequestError {
	return &RequestError{Info: ErrorInfo{Kind: cfapi.InvalidArgument}, text: "the argument " + argument.Name + " is required"}
}
