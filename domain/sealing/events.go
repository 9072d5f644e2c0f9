// Package sealing follows the log in which the ledger publishes what it holds:
// which key signs it, and where one log ended and another began. What the keys
// sign is checked by whoever verifies; here it is only written down.
package sealing

import "wenxiao/domain"

// Stream is the one stream of these facts.
const Stream = "sealing-log"

// Event is one of the facts below.
type Event interface {
	domain.Event
	sealing()
}

// Command is one of the requests in commands.go.
type Command = domain.Command[State, Event]

type (
	// KeyRotated brings in another key for the same log. Statement is a signed note
	// that says so, signed by the old key and by the new one.
	KeyRotated struct {
		Origin    string `json:"origin"` // name of the log
		Old       string `json:"old"`    // public keys, as NAME+ID+KEY
		New       string `json:"new"`
		Statement string `json:"statement"`
		Reason    string `json:"reason,omitempty"`
	}

	// LogRenewed gives a log up, because records that it had signed were lost, and
	// begins another over what is left. What was signed last stays here, so that
	// the loss can be seen for ever.
	LogRenewed struct {
		Origin       string `json:"origin"` // name of the new log
		Key          string `json:"key"`
		FormerOrigin string `json:"formerOrigin"`
		FormerSize   uint64 `json:"formerSize"` // records it had signed
		Former       string `json:"former"`     // its last checkpoint, a signed note
		Reason       string `json:"reason"`
	}
)

func (KeyRotated) EventType() string { return "sealing.key-rotated.v1" }
func (LogRenewed) EventType() string { return "sealing.log-renewed.v1" }

func (KeyRotated) sealing() {}
func (LogRenewed) sealing() {}

// Stored reads every form in which these facts were ever stored.
var Stored = domain.Decoders[Event]{
	"sealing.key-rotated.v1": domain.As(func(e KeyRotated) Event { return e }),
	"sealing.log-renewed.v1": domain.As(func(e LogRenewed) Event { return e }),
}
