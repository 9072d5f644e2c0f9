package web

import (
	"encoding/hex"
	"fmt"
	"html/template"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
	"wenxiao/projections"
)

// Receipt is the sheet a filer takes home: what was recorded, the digests, the
// signed checkpoint that covers it, and a code to scan.
type Receipt struct {
	Frame
	Record     eventstore.Record
	Entry      *projections.Entry // what the trail says of it; nil where there is none
	Leaf       tlog.Hash          // of the envelope
	Covered    bool               // by a checkpoint
	Origin     string
	Size       eventstore.Position // of the checkpoint's tree
	Root       tlog.Hash
	Checkpoint string
	Steps      int // hashes between the leaf and the root
	SignedBy   []string
	Witnesses  []WitnessRow
	Quorum     Status
	Address    string // where scanning leads
	Code       template.HTML
}

func (Receipt) template() string { return "receipt" }

// LeafHex and LeafCode write the hash for people.
func (r Receipt) LeafHex() string  { return hex.EncodeToString(r.Leaf[:]) }
func (r Receipt) LeafCode() string { return ShortCode(r.Leaf) }

// Download is the address of the receipt as a file.
func (r Receipt) Download() string { return fmt.Sprintf("/record/%d/receipt", r.Record.Position) }

// Noun says what kind of event it is.
func (r Receipt) Noun() string { return Noun(r.Record.Type) }

// ShortCode is the beginning of a hash in a form that two people can compare
// aloud: 7F3A-91C2-08DE. It helps to tell records apart; it proves nothing.
func ShortCode(h tlog.Hash) string {
	s := strings.ToUpper(hex.EncodeToString(h[:6]))
	return s[:4] + "-" + s[4:8] + "-" + s[8:]
}

// A WitnessRow is one witness and what it made of the checkpoint.
type WitnessRow struct {
	Name  string
	State Status
	At    time.Time // of its cosignature; zero where there is none
	Fault string
}

// The words of sealing.
var (
	Verified   = Status{"ok", "seal", "已验证"}
	Sealed     = Status{"ok", "seal", "已签名"}
	Cosigned   = Status{"ok", "seal", "已见证"}
	ToBeSigned = Status{"wait", "wait", "待签名"}
	NoQuorum   = Status{"warn", "warn", "见证不足"}
	NoWitness  = Status{"none", "none", "未设见证"}
	Refused    = Status{"bad", "bad", "见证拒签"}
	Unsealed   = Status{"bad", "bad", "封存异常"}
)
