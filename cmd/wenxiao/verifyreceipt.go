package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
)

// A receiptReport is what a receipt says, and what of it holds.
type receiptReport struct {
	Position   eventstore.Position `json:"position"`
	Header     eventstore.Header   `json:"header"`
	Checkpoint eventstore.Position `json:"checkpoint"`
	Origin     string              `json:"origin"`
	SignedBy   []string            `json:"signedBy"`
	Cosigned   []string            `json:"cosigned"`
	Quorum     bool                `json:"quorum"`
	InLedger   *bool               `json:"inLedger,omitempty"` // only when a ledger was given
	Findings   []finding           `json:"findings"`
}

// receipt verifies one without any ledger, and with the ledger that was named.
func (v verifying) receipt(cmd *cobra.Command, path string) error {
	if err := v.alone(); err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !isReceipt(text) {
		return usage("%s 不是回执；检查点请用 --against %s", path, path)
	}
	policy, err := v.believes()
	if no := (domain.Refusal{}); errors.As(err, &no) && no.Code == "seal.not-begun" {
		return needsPolicy()
	}
	if err != nil {
		return err
	}
	r := receiptReport{SignedBy: []string{}, Cosigned: []string{}, Findings: []finding{}}
	if parsed, ok := r.hold(text, path, policy); ok && cmd.Flags().Changed("db") {
		if err := r.holdAgainst(cmd.Context(), v.place, parsed); err != nil {
			return err
		}
	}
	if v.asJSON {
		err = printJSON(cmd.OutOrStdout(), r)
	} else {
		r.print(cmd.OutOrStdout())
	}
	if err == nil && len(r.Findings) > 0 {
		err = fmt.Errorf("发现 %d 处问题 (problems found)", len(r.Findings))
	}
	return err
}

func isReceipt(text []byte) bool { return bytes.HasPrefix(text, []byte("c2sp.org/tlog-proof@")) }

// alone refuses what is asked of a ledger and not of a receipt.
func (v verifying) alone() error {
	for _, f := range []struct {
		name  string
		given bool
	}{{"against", v.against != ""}, {"tables", v.tables}, {"sm3", v.sm3}, {"quick", v.quick}, {"fresh", v.fresh}} {
		if f.given {
			return usage("--%s 用于核整本账，不与回执文件同用：分两次运行 (not together with a receipt)", f.name)
		}
	}
	return nil
}

func (r *receiptReport) find(code, place, text string) {
	r.Findings = append(r.Findings, finding{Code: code, Position: r.Position, Place: place, Text: text})
}

// hold checks the receipt by itself.
func (r *receiptReport) hold(text []byte, path string, policy seal.Policy) (receipt seal.Receipt, ok bool) {
	receipt, err := seal.ParseReceipt(text)
	if err != nil {
		r.find("receipt.malformed", path, fmt.Sprintf("回执被改过，或没有复制完整：%v", err))
		return receipt, false
	}
	r.Position, r.Header, r.Checkpoint, r.Origin = receipt.Position(), receipt.Header, receipt.Checkpoint.Size, receipt.Checkpoint.Origin
	verified, err := receipt.Verify(policy)
	switch {
	case errors.Is(err, seal.ErrNotProven):
		r.find("receipt.not-proven", path, "信封不在检查点的树上：信封、证明或检查点被改过")
	case err != nil:
		r.find("receipt.untrusted", path, fmt.Sprintf("检查点的签名不可信：%v", err))
	default:
		r.SignedBy, r.Cosigned, r.Quorum = append(r.SignedBy, verified.SignedBy...), append(r.Cosigned, verified.Cosigned...), verified.Quorum
		if !r.Quorum {
			r.find("receipt.quorum", path, "见证方不足，没有达到策略的要求")
		}
	}
	return receipt, err == nil
}

// holdAgainst compares the receipt with the ledger at p: its record there, and
// the tree it was given under.
func (r *receiptReport) holdAgainst(ctx context.Context, p place, receipt seal.Receipt) (err error) {
	store, err := p.openReader(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	before, in := len(r.Findings), false
	r.InLedger = &in
	var tree eventstore.Tree
	for record, err := range store.ReadAll(ctx, 0) {
		if err != nil {
			return err
		}
		if record.Position == receipt.Position() {
			r.holdRecord(record, receipt, p)
		}
		if tree = tree.Add(record.Envelope); tree.Size == receipt.Checkpoint.Size {
			break
		}
	}
	switch c := receipt.Checkpoint; {
	case tree.Size < c.Size:
		r.find("head.beyond", p.String(), fmt.Sprintf("账本只到 %d，回执的检查点已到 %d：账本像是由较早的备份恢复的，或末尾被删去", tree.Size, c.Size))
	case tree.Root() != c.Root:
		r.find("head.inconsistent", p.String(), fmt.Sprintf("账本的历史与回执的检查点不一致：检查点到 %d 时的根是 %s，账本到 %d 时的根是 %s：历史被改写过", c.Size, c.Root, c.Size, tree.Root()))
	}
	in = len(r.Findings) == before
	return nil
}

func (r *receiptReport) holdRecord(record eventstore.Record, receipt seal.Receipt, p place) {
	if !bytes.Equal(record.Envelope, receipt.Envelope) {
		r.find("receipt.differs", p.String(), "账本在这个位置是另一份信封")
	}
	if record.CheckData() != nil {
		r.find("data.sha256", p.String(), "账本的内容与信封不符")
	}
}

func (r *receiptReport) print(w io.Writer) {
	if r.Position > 0 {
		h := r.Header
		fmt.Fprintf(w, "账本位置 (position)  %d，%s@%d\n事件 (event)         %s  %s\n经办 (by)            %s\n记录于 (recorded)    %s（北京时间）\n发生于 (happened)    %s\n",
			r.Position, h.Stream, h.Revision, h.Type, h.ID, who(h.Actor), beijing(h.RecordedAt), beijing(h.EffectiveAt))
		fmt.Fprintf(w, "内容摘要 (data)      SHA-256 %s\n检查点 (checkpoint)  %s，盖住 %d 件\n", h.DataHash, r.Origin, r.Checkpoint)
	}
	if len(r.SignedBy) > 0 {
		fmt.Fprintf(w, "签名 (signed by)     %s\n见证 (witnesses)     %s\n", strings.Join(r.SignedBy, "、"), orNone(r.Cosigned))
	}
	if r.InLedger != nil && *r.InLedger {
		fmt.Fprintln(w, "与账本核对 (ledger)  相同")
	}
	for _, f := range r.Findings {
		fmt.Fprintf(w, "问题 (problem)  %s\n", f)
	}
	if len(r.Findings) == 0 {
		fmt.Fprintln(w, "回执成立：这份信封在签名所及的账本里 (the receipt holds)")
	}
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "无 (none)"
	}
	return strings.Join(list, "、")
}

func who(a domain.Actor) string {
	parts := []string{a.Name, a.Post, a.Unit, a.Capacity}
	text := strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
	if a.OnBehalfOf != "" {
		text += "，代 " + a.OnBehalfOf
	}
	return text
}
