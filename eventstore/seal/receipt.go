package seal

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
)

// A Receipt proves that an envelope is in the ledger, to whoever has a policy and
// nothing else. As text it is a c2sp.org/tlog-proof@v1 whose extra line is the
// envelope; its file extension is .tlog-proof.
type Receipt struct {
	Envelope   []byte
	Header     eventstore.Header // what Envelope says
	Index      int64             // of the leaf: the position less one
	Proof      tlog.RecordProof
	Checkpoint Checkpoint
}

const receiptMagic = "c2sp.org/tlog-proof@v1"

// Position is the record's place in the ledger.
func (r Receipt) Position() eventstore.Position { return eventstore.Position(r.Index + 1) }

// Text returns the receipt as text; [ParseReceipt] reads it back.
func (r Receipt) Text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nextra %s\nindex %d\n", receiptMagic, base64.StdEncoding.EncodeToString(r.Envelope), r.Index)
	for _, h := range r.Proof {
		fmt.Fprintln(&b, h)
	}
	b.WriteByte('\n')
	b.Write(r.Checkpoint.Note)
	return b.Bytes()
}

// maxReceipt is more than a receipt can have.
const maxReceipt = 64 << 10

// ParseReceipt reads a receipt strictly: its text is the only one with this
// content. It checks no proof and no signature; [Receipt.Verify] does.
func ParseReceipt(text []byte) (r Receipt, err error) {
	if len(text) > maxReceipt {
		return Receipt{}, malformed("回执有 %d 字节", len(text))
	}
	top, signed, _ := strings.Cut(string(text), "\n\n")
	lines := strings.Split(top, "\n")
	if len(lines) < 3 || lines[0] != receiptMagic {
		return Receipt{}, malformed("不是回执")
	}
	extra, ok := strings.CutPrefix(lines[1], "extra ")
	if r.Envelope, err = base64.StdEncoding.Strict().DecodeString(extra); err != nil || !ok {
		return Receipt{}, malformed("回执的 extra 行里没有信封")
	}
	index, ok := strings.CutPrefix(lines[2], "index ")
	if r.Index, err = strconv.ParseInt(index, 10, 64); err != nil || !ok || r.Index < 0 {
		return Receipt{}, malformed("回执的 index %q", lines[2])
	}
	for _, line := range lines[3:] {
		h, err := parseHash(line)
		if err != nil {
			return Receipt{}, err
		}
		r.Proof = append(r.Proof, h)
	}
	if r.Checkpoint, err = ParseCheckpoint([]byte(signed)); err != nil {
		return Receipt{}, err
	}
	record, err := eventstore.Open(r.Position(), r.Envelope, nil)
	if err != nil {
		return Receipt{}, malformed("回执里的信封：%v", err)
	}
	if r.Header = record.Header; !bytes.Equal(r.Text(), text) {
		return Receipt{}, malformed("回执的写法不合格式")
	}
	return r, nil
}

// ErrNotProven reports a receipt whose proof does not lead from its envelope to
// its checkpoint.
var ErrNotProven = fmt.Errorf("%w：证明不能由信封算到检查点 (the proof does not lead to the checkpoint)", ErrMalformed)

// Verify returns what the receipt proves: that the envelope is the record at its
// position in the tree of the checkpoint that the policy believes.
func (r Receipt) Verify(p Policy) (Verified, error) {
	v, err := p.Check(r.Checkpoint.Note)
	if err != nil {
		return Verified{}, err
	}
	if r.Index < 0 || r.Position() > v.Head.Size ||
		tlog.CheckRecord(r.Proof, int64(v.Head.Size), v.Head.Root, r.Index, tlog.RecordHash(r.Envelope)) != nil {
		return Verified{}, ErrNotProven
	}
	return v, nil
}
