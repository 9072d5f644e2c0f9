// Package attachment follows one file (附件) that acts rest on: handed in, and
// perhaps withdrawn. The file is known by the SHA-256 of its bytes, which is the
// name of its stream; who rests an act on it writes that name into the act's
// envelope. The bytes themselves lie beside the ledger.
package attachment

import (
	"strings"

	"wenxiao/domain"
)

const prefix = "attachment-"

// Stream returns the stream of the file whose SHA-256 is digest, in hex. It is
// also how an envelope's basis names the file.
func Stream(digest string) string { return prefix + digest }

// Digest returns the SHA-256 of the file that a stream, or an entry of a basis,
// names.
func Digest(stream string) (digest string, ok bool) {
	digest, ok = strings.CutPrefix(stream, prefix)
	return digest, ok && domain.IsDigest(digest)
}

// Event is one of the facts below.
type Event interface {
	domain.Event
	attachment()
}

// Command is one of the requests in deposit.go and withdrawal.go.
type Command = domain.Command[State, Event]

type (
	// Deposited says who handed the file in, under what name and in what matter.
	// The same bytes handed in again, under another name or by somebody else, are
	// the same file and another deposit.
	Deposited struct {
		Digest    string               `json:"digest"`    // SHA-256 of the bytes, in hex
		SM3       string               `json:"sm3"`       // of the same bytes (GB/T 32905), in hex
		Size      int64                `json:"size"`      // bytes
		MediaType string               `json:"mediaType"` // as its content shows
		Name      string               `json:"name"`      // as given, without folders
		Title     string               `json:"title,omitempty"`
		Unit      domain.UnitCode      `json:"unit"` // whose matter it is
		Programme domain.ProgrammeCode `json:"programme,omitempty"`
		Year      domain.FiscalYear    `json:"year,omitempty"`
		By        string               `json:"by"` // person
	}

	// Withdrawn says that nothing may rest on the file any more. Its bytes may be
	// deleted then; the record of it, its digest included, stays.
	Withdrawn struct {
		Ground   Ground `json:"ground"`
		Reason   string `json:"reason"`
		Article  string `json:"article,omitempty"` // the law that demands it
		Document string `json:"document,omitempty"`
	}
)

// Ground says why a file is withdrawn.
type Ground string

const (
	Mistake Ground = "mistake" // 误交: nothing rests on it
	ByLaw   Ground = "by-law"  // 依法应当删除: it holds what the law does not let us keep
)

func (Deposited) EventType() string { return "attachment.deposited.v1" }
func (Withdrawn) EventType() string { return "attachment.withdrawn.v1" }

func (Deposited) attachment() {}
func (Withdrawn) attachment() {}

// Stored is everything this package ever wrote.
var Stored = domain.Decoders[Event]{
	"attachment.deposited.v1": domain.As(func(e Deposited) Event { return e }),
	"attachment.withdrawn.v1": domain.As(func(e Withdrawn) Event { return e }),
}
