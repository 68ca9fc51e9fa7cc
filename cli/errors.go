package cli

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
	"access-policy-mcp/server"
	"access-policy-mcp/tools"
	"access-policy-mcp/tools/typed"
)

// This file has the words for a person at a terminal. Those for a model are in the
// package tools.

// purpose is what a command was about to do: what its errors name.
type purpose struct {
	permission string   // that the token needs
	subject    string   // what may not be found
	check      string   // what to check then
	policies   []string // the values of --policy
	simulated  bool     // the simulator answers
}

// reading is the purpose of the commands that ask about a test.
func reading() purpose {
	return purpose{
		permission: "Access: Policy Test Read",
		subject:    "policy test",
		check:      "Check the ID, and that the test was started in this account (--account-id or CLOUDFLARE_ACCOUNT_ID).",
	}
}

// starting is the purpose of the command that starts a test of policies.
func starting(policies []string) purpose {
	return purpose{
		permission: "Access: Policy Test Write",
		subject:    "account or policy",
		check:      "Check --policy, which takes IDs and not names, and the account (--account-id or CLOUDFLARE_ACCOUNT_ID).",
		policies:   policies,
	}
}

// outcomeUnknown is what to do when nobody knows whether a start took effect.
const outcomeUnknown = "it is not known whether a test was started; look in the Cloudflare dashboard (Zero Trust, Access, Policies) before you start another"

// explained is err, of a call to the API, as an error that ends the program: with words
// for a person, and the status that goes with them.
func (a *app) explained(err error, p purpose) error {
	if wrong, ok := errors.AsType[*typed.ArgumentError](err); ok {
		return exitWith(exitUsage, errors.New(argumentsText(wrong, p)))
	}
	p.simulated = a.simulated
	if _, ok := errors.AsType[*cfapi.Error](err); ok {
		return exitWith(exitFailure, errors.New(failureText(err, a.caller.Credential, p, a.hideDetails)))
	}
	return exitWith(exitFailure, err)
}

// argumentsText says what is wrong with what was typed.
func argumentsText(wrong *typed.ArgumentError, p purpose) string {
	var faults []string
	for _, fault := range wrong.Faults {
		place, words, _ := strings.Cut(fault, ":")
		place, missing := strings.CutSuffix(place, " is required")
		fault = typedBy(place, p)
		if missing {
			fault += " is missing"
		}
		if words != "" {
			fault += ":" + words
		}
		faults = append(faults, fault)
	}
	return strings.Join(faults, "; ")
}

// typedBy names what a person types for the argument of a tool, or for a part of one.
func typedBy(place string, p purpose) string {
	argument, rest, _ := strings.Cut(place, ".")
	switch argument {
	case "account_id":
		return "the account (--account-id or CLOUDFLARE_ACCOUNT_ID)"
	case "policy_test_id":
		return "the ID of the test"
	case "wait_seconds":
		return "--wait"
	case "policies":
		index, field, _ := strings.Cut(rest, ".")
		i, err := strconv.Atoi(index)
		if err != nil || i >= len(p.policies) {
			return "--policy"
		}
		name := strings.TrimSpace("--policy " + p.policies[i])
		if field != "" {
			name += ": " + field
		}
		return name
	default:
		return place
	}
}

// failureText says for a person what went wrong, what Cloudflare said of it, and what to
// do. With hideDetails it leaves out Cloudflare's words, which may name users.
func failureText(err error, credential tools.Credential, p purpose, hideDetails bool) string {
	failure, ok := errors.AsType[*cfapi.Error](err)
	if !ok {
		return err.Error()
	}
	if hideDetails {
		failure = tools.WithoutTexts(failure)
	}
	if p.simulated && failure.Kind == cfapi.NotFound {
		return unknownToSimulator(p)
	}
	text := failureWords(failure, p)
	if details := said(failure); details != "" {
		text += ": " + details
	}
	if failure.MayBeDone {
		return text + "; " + outcomeUnknown
	}
	return text + ". " + nextStep(failure, credential, p)
}

// said is what Cloudflare said of a failure, or the connection did; "" if that is nothing.
func said(failure *cfapi.Error) string {
	var parts []string
	if failure.HTTPStatus != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", failure.HTTPStatus))
	}
	if failure.Summary != "" {
		parts = append(parts, failure.Summary)
	}
	for _, notice := range failure.Notices {
		parts = append(parts, notice.String())
	}
	return strings.Join(parts, ", ")
}

// unknownToSimulator says what the simulator does know.
func unknownToSimulator(p purpose) string {
	return fmt.Sprintf("the simulator knows no such %s. In the account %s it knows the tests that were started with --simulate and are remembered, and %s.",
		p.subject, simulator.AccountID, strings.Join([]string{
			simulator.PolicyTestID, simulator.DocumentedID, simulator.BlockedID, simulator.ExceededTimeID, simulator.UnknownStatusID}, ", "))
}

// failureWords say what happened.
func failureWords(failure *cfapi.Error, p purpose) string {
	answered := failure.HTTPStatus != 0
	switch failure.Kind {
	case cfapi.InvalidArgument:
		return "Cloudflare refused the request"
	case cfapi.NoCredentials:
		return "there are no Cloudflare credentials"
	case cfapi.Unauthenticated:
		return "Cloudflare did not accept the credentials"
	case cfapi.Forbidden:
		return "Cloudflare refused access"
	case cfapi.NotFound:
		return "Cloudflare knows no such " + p.subject
	case cfapi.RateLimited:
		if !answered {
			return "too many requests for now"
		}
		return "Cloudflare's request quota is used up"
	case cfapi.Unavailable:
		if !answered {
			return "Cloudflare could not be reached"
		}
		return "Cloudflare failed to answer"
	case cfapi.Timeout:
		return "Cloudflare did not answer in time"
	case cfapi.Internal:
		return "this program failed, which is a defect of it"
	default:
		return "Cloudflare's answer was not what its API documents"
	}
}

// nextStep says what to do about a failure.
func nextStep(failure *cfapi.Error, credential tools.Credential, p purpose) string {
	if failure.RetryAfter > 0 {
		return fmt.Sprintf("Try again in %d s.", int(math.Ceil(failure.RetryAfter.Seconds())))
	}
	if failure.Remedy != "" {
		return upperFirst(failure.Remedy) + "."
	}
	switch failure.Kind {
	case cfapi.NoCredentials:
		return strings.TrimSpace("Run " + server.Name + " login, or set CLOUDFLARE_API_TOKEN, or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY. " + credential.Hint)
	case cfapi.Unauthenticated:
		if credential.Kept && !credential.Present() {
			return "The token that login keeps must be valid and unexpired: run " + server.Name + " login again."
		}
		return "Check " + cmp.Or(credential.Source, "the credential") + ": its value must be valid and unexpired."
	case cfapi.Forbidden:
		if credential.Token == "" && credential.Key != "" {
			return fmt.Sprintf("Check that the account holder has the permission %q and is a member of this account (--account-id or CLOUDFLARE_ACCOUNT_ID).", p.permission)
		}
		return fmt.Sprintf("Check that the token has the permission %q, for this account (--account-id or CLOUDFLARE_ACCOUNT_ID), and may be used from this address.", p.permission)
	case cfapi.InvalidArgument, cfapi.NotFound:
		return p.check
	case cfapi.UnexpectedResponse:
		return "Try again; if it persists, check CLOUDFLARE_BASE_URL and any proxy in between."
	case cfapi.RateLimited:
		return "Try again in 5 minutes."
	default:
		return connectionStep(failure)
	}
}

// connectionStep says what to do when there was no answer, or none of Cloudflare itself.
func connectionStep(failure *cfapi.Error) string {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](failure)
	operation, _ := errors.AsType[*net.OpError](failure)
	switch {
	case operation != nil && operation.Op == "proxyconnect":
		return "That is the proxy: check HTTPS_PROXY and the network."
	case failure.NameUnresolved():
		return "The name does not resolve: check CLOUDFLARE_BASE_URL, or the network."
	case untrusted:
		return "The certificate is not trusted: check CLOUDFLARE_BASE_URL and the clock, and if a proxy has a certificate of its own, name its authority in SSL_CERT_FILE."
	case failure.HTTPStatus == 0:
		return "Try again in a minute; if it persists, check CLOUDFLARE_BASE_URL and the network."
	default:
		return "Try again in a minute."
	}
}
