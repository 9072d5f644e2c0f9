package web

import (
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
)

// Verify is the page where anybody, signed in or not, holds a receipt, a
// checkpoint or a scanned code against this ledger.
type Verify struct {
	Frame
	Text    string // as handed in
	Problem string // why it could not be read
	Result  *VerifyResult
	Log     *LogFacts // nil where the ledger is not sealed
}

func (Verify) template() string { return "verify" }

// VerifyResult is what came of it: one verdict, and every check with its own.
type VerifyResult struct {
	Verdict Status
	Kind    string // 回执, 检查点, 扫码
	Checks  []VerifyCheck
	Header  *eventstore.Header // of a receipt
	Number  eventstore.Position
}

// A VerifyCheck is one question and its answer.
type VerifyCheck struct {
	What   string
	State  Status
	Detail string
}

// Check adds a question answered by err: nil is yes.
func (r *VerifyResult) Check(what string, err error, detail string) {
	c := VerifyCheck{What: what, State: Agrees, Detail: detail}
	if err != nil {
		c.State, c.Detail, r.Verdict = Differs, err.Error(), Differs
	}
	r.Checks = append(r.Checks, c)
}

// LogFacts are what anybody needs to check this ledger without asking it.
type LogFacts struct {
	Origin     string
	Keys       []string
	Size       eventstore.Position
	Root       tlog.Hash
	SignedAt   time.Time
	Checkpoint string
	Witnesses  []WitnessRow
	Quorum     Status
	Needs      string // what the policy asks of witnesses, in words
	Fault      string
}

// RootCode writes the beginning of the root for people.
func (l LogFacts) RootCode() string { return ShortCode(l.Root) }
