package tools

import "strings"

// instructions tell a model when and how to use the tools that are served. A
// simulation says so, so that nobody takes its figures for real ones.
func (s *service) instructions() string {
	var sentences []string
	if s.serves(getTestName) {
		sentences = append(sentences, "Tells how a Cloudflare Access policy test is going and what it found. "+
			"Call get_access_policy_test when the user asks how far a policy test is, or which users it would approve or block. "+
			"Call it once, without wait_seconds, to say how a test is going. To wait until a test is done, call it with wait_seconds 45, and again as long as finished is false; do not poll in a loop.")
	} else {
		if s.serves(listUsersName) {
			sentences = append(sentences, "Tells which users a Cloudflare Access policy test would approve or block. "+
				"Call list_access_policy_test_users when the user asks for them.")
		}
		if s.serves(startTestName) {
			sentences = append(sentences, "Starts tests of Cloudflare Access policies. Call start_access_policy_test when the user asks for a test; each call starts one.")
		}
	}
	if s.serves(getTestName) || s.serves(listUsersName) {
		sentences = append(sentences, "Both IDs come from the user or from the system that started the test; do not invent them.")
	}
	if s.serves(getTestName) || s.serves(startTestName) {
		sentences = append(sentences, "Report the figures as they are, without recomputing them: percentages are of the processed users, except percent_users_processed, which is of all users. "+
			"The status \"blocked\" is about the test; users_blocked counts users who would be locked out.")
	}
	if s.options.Simulated {
		sentences = append(sentences, "This server runs a simulation: every figure is made up, and you must say so.")
	}
	return strings.Join(sentences, " ")
}
