package tools

import (
	"errors"
	"io"
	"net"
	"regexp"
	"syscall"

	"access-policy-mcp/cfapi"
)

// Any text of the API can hold the e-mail address or the name of a user. Where these are
// to be hidden ([Options.HideUserDetails]), no text of the API is passed on. Numbers,
// identifiers that look like ones, and the documented statuses are.
const (
	// hiddenText stands for a text of the API.
	hiddenText = "…"
	// leftOut tells the reader.
	leftOut = " (its text is left out)"
)

// quoted is a text of the API as a part of a sentence.
func (s *service) quoted(text string) string {
	if s.options.HideUserDetails {
		return cfapi.Quote(hiddenText) + leftOut
	}
	return cfapi.Quote(text)
}

// describe quotes what Cloudflare said of a failure.
func (s *service) describe(failure *cfapi.Error) string {
	said := describe(failure)
	if !s.options.HideUserDetails {
		return said
	}
	known := describe(WithoutTexts(failure))
	if known != said {
		known += leftOut
	}
	return known
}

// noticeWarning passes on a message that came with a success.
func (s *service) noticeWarning(notice cfapi.Notice) string {
	said := shortenNotice(notice, noticeTokens[0]).String()
	if known := withoutText(notice).String(); s.options.HideUserDetails && known != said {
		said = known + leftOut
	}
	return "Cloudflare adds: " + said + "."
}

// quotation matches what [cfapi.Quote] makes, also if the end is missing.
var quotation = regexp.MustCompile(`"[^"]*("|$)`)

// WithoutTexts is the failure without what the API, or whatever answered in its place,
// says in words. The summary quotes that, unless there was no answer.
func WithoutTexts(failure *cfapi.Error) *cfapi.Error {
	known := *failure
	known.Notices = nil
	for _, notice := range failure.Notices {
		known.Notices = append(known.Notices, withoutText(notice))
	}
	known.Summary = quotation.ReplaceAllLiteralString(failure.Summary, cfapi.Quote(hiddenText))
	broken := failure.Kind == cfapi.Unavailable || failure.Kind == cfapi.UnexpectedResponse
	if cause := failure.Unwrap(); broken && failure.HTTPStatus == 0 && cause != nil {
		known.Summary = connectionFailure(cause)
	}
	return &known
}

func withoutText(notice cfapi.Notice) cfapi.Notice {
	known := cfapi.Notice{Code: notice.Code}
	if notice.Message != "" {
		known.Message = hiddenText
	}
	return known
}

// connectionFailure says why there was no answer. It leaves out the texts of net/http,
// which repeat what came instead of an answer.
func connectionFailure(cause error) string {
	if number, ok := errors.AsType[syscall.Errno](cause); ok {
		return number.Error()
	}
	if lookup, ok := errors.AsType[*net.DNSError](cause); ok && lookup.IsNotFound {
		return "no such host"
	}
	if errors.Is(cause, io.EOF) || errors.Is(cause, io.ErrUnexpectedEOF) {
		return "the connection was closed"
	}
	return "the connection failed"
}

// HideDetails leaves e-mail addresses and names out of users. Identifiers that are none
// and statuses that are not documented could hold them too: it reports whether it had to
// leave out such.
func HideDetails(users []User) (undocumented bool) {
	for i, u := range users {
		var known User
		if PolicyTestID(u.ID).Valid() {
			known.ID = u.ID
		}
		switch u.Status {
		case cfapi.UserApproved, cfapi.UserBlocked, cfapi.UserErrored:
			known.Status = u.Status
		}
		undocumented = undocumented || known.ID != u.ID || known.Status != u.Status
		users[i] = known
	}
	return undocumented
}

// hideTexts leaves out of a test what is neither documented nor known: an ID other than
// the one that was asked for, and a status of which nobody knows what it is.
func (t *PolicyTest) hideTexts(id PolicyTestID) {
	if t.ID != string(id) {
		t.ID = ""
	}
	if t.Status != cfapi.Processing && !t.Status.Finished() {
		t.Status = ""
	}
}
