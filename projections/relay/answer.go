package relay

import (
	"errors"
	"fmt"
	"net/http"
)

// Rejected is a target's answer that it will not have a message, however often
// it is sent.
type Rejected struct{ Reason string }

func (r Rejected) Error() string { return r.Reason }

// Failed is a target's answer that it could not take a message: it is there, and
// something else is wrong.
type Failed struct{ Reason string }

func (f Failed) Error() string { return f.Reason }

// answered reports whether err is an answer about this one message, and not the
// silence of a target that is down.
func answered(err error) bool {
	return errors.As(err, new(Rejected)) || errors.As(err, new(Failed))
}

// verdict turns a status into what it means for the message. A gateway that
// finds nobody behind it speaks for a target that is down.
func verdict(status int, said string) error {
	reason := fmt.Sprintf("%d %s", status, http.StatusText(status))
	if said != "" {
		reason += ": " + said
	}
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout,
		status == http.StatusTooManyRequests, status == http.StatusTooEarly, status == http.StatusRequestTimeout:
		return fmt.Errorf("%s", reason)
	case status >= 500:
		return Failed{reason}
	}
	return Rejected{reason}
}
