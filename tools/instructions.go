package tools

// Instructions tell a model when and how to use the tools. A simulation says so,
// lest its figures be taken for real ones.
func Instructions(simulated bool) string {
	text := "Tells how a Cloudflare Access policy test is going and what it found. " +
		"Call get_access_policy_test when the user asks how far a policy test is, or which users it would approve or block. " +
		"Call it once, without wait_seconds, to say how a test is going. To wait until a test is done, call it with wait_seconds 45, and again as long as finished is false; do not poll in a loop. " +
		"Both IDs come from the user or from the system that started the test; do not invent them. " +
		"Report the figures as they are, without recomputing them: percentages are of the processed users, except percent_users_processed, which is of all users. " +
		"The status \"blocked\" is about the test; users_blocked counts users who would be locked out."
	if simulated {
		text += " This server runs a simulation: every figure is made up, and you must say so."
	}
	return text
}
