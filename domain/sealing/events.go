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
	// LogBegun names the ledger's first log, so that one cannot be lost without
	// it being noticed.
	LogBegun struct {
		Origin string   `json:"origin"` // name of the log
		Keys   []string `json:"keys"`   // public keys that sign it, Ed25519 first, as NAME+ID+KEY
	}

	// KeyRotated brings in another key for the same log. Statement is a signed note
	// that says so, signed by the old key and by the new one.
	KeyRotated struct {
		Origin    string `json:"origin"` // name of the log
		Old       string `json:"old"`    // public keys, as NAME+ID+KEY
		New       string `json:"new"`
		Statement string `json:"statement"`
		Reason    string `json:"reason,omitempty"`
	}

	// LogRenewed gives a log up, because records that it had signed or its keys
	// were lost, and begins another over what is there. What was signed last stays
	// here, as far as it is known, so that the loss can be seen for ever.
	LogRenewed struct {
		Origin       string `json:"origin"` // name of the new log
		Key          string `json:"key"`
		FormerOrigin string `json:"formerOrigin"`
		FormerSize   uint64 `json:"formerSize"` // records it had signed
		Former       string `json:"former"`     // its last checkpoint, a signed note; empty when lost with the keys
		KeysLost     bool   `json:"keysLost,omitempty"`
		Reason       string `json:"reason"`
	}
)

func (LogBegun) EventType() string   { return "sealing.log-begun.v1" }
func (KeyRotated) EventType() string { return "sealing.key-rotated.v1" }
func (LogRenewed) EventType() string { return "sealing.log-renewed.v1" }

func (LogBegun) sealing()   {}
func (KeyRotated) sealing() {}
func (LogRenewed) sealing() {}

// Stored reads every form in which these facts were ever stored.
var Stored = domain.Decoders[Event]{
	"sealing.log-begun.v1":   domain.As(func(e LogBegun) Event { return e }),
	"sealing.key-rotated.v1": domain.As(func(e KeyRotated) Event { return e }),
	"sealing.log-renewed.v1": domain.As(func(e LogRenewed) Event { return e }),
}
