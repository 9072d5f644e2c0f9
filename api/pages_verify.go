package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
	"wenxiao/projections"
)

// verifyPage is open to everybody: a scanned code brings position and leaf hash.
func (s *Server) verifyPage(w http.ResponseWriter, r *http.Request) {
	if language := r.URL.Query().Get("lang"); language != "" {
		speak(w, r, language)
		return
	}
	page := s.verification(r)
	if q := r.URL.Query(); q.Has("leaf") || q.Has("at") {
		result, err := s.scanned(r.Context(), q.Get("at"), q.Get("leaf"))
		page.tell(result, err)
	}
	s.answerVerify(w, r, page)
}

// verifyForm holds what was handed in against the ledger, and keeps none of it.
func (s *Server) verifyForm(w http.ResponseWriter, r *http.Request) {
	page := s.verification(r)
	page.Here = "/verify"
	text, err := brought(r)
	if err == nil {
		page.Text = string(text)
		result, err := s.held(r.Context(), text)
		page.tell(result, err)
	} else {
		page.tell(nil, err)
	}
	s.answerVerify(w, r, page)
}

// verification is the page before anything was handed in.
func (s *Server) verification(r *http.Request) verification {
	return verification{web.Verify{Frame: s.frame(r, "核验", "/verify"), Log: s.logFacts()}}
}

type verification struct{ web.Verify }

// tell shows a result, or why there is none.
func (v *verification) tell(result *web.VerifyResult, err error) {
	v.Result = result
	if no := (domain.Refusal{}); errors.As(err, &no) {
		v.Problem = no.Reason
	} else if err != nil {
		v.Problem = "核验没有完成：" + err.Error()
	}
}

func (s *Server) answerVerify(w http.ResponseWriter, r *http.Request, page verification) {
	if err := s.draw(w, page.Verify); err != nil {
		s.fail(w, r, err)
	}
}

// maxHanded is more than any receipt or checkpoint has.
const maxHanded = 64 << 10

// brought reads the file or the text of the form.
func brought(r *http.Request) ([]byte, error) {
	if err := r.ParseMultipartForm(maxBody); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return nil, domain.Refusal{Code: "request.malformed-form", Reason: "表单没有传完整，再提交一次"}
	}
	if r.MultipartForm != nil {
		defer func() { _ = r.MultipartForm.RemoveAll() }()
	}
	text := []byte(r.PostFormValue("text"))
	if file, _, err := r.FormFile("file"); err == nil {
		defer file.Close()
		if text, err = io.ReadAll(io.LimitReader(file, maxHanded+1)); err != nil {
			return nil, err
		}
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) // as browsers send a textarea
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return nil, domain.Refusal{Code: "verify.nothing", Reason: "没有选文件，也没有粘贴内容", Field: "/file"}
	case len(text) > maxHanded:
		return nil, domain.Refusal{Code: "verify.too-large", Reason: fmt.Sprintf("内容超过 %d KiB，不是回执或检查点", maxHanded>>10), Field: "/file"}
	case illegible(string(text)):
		return nil, notText()
	}
	return append(bytes.TrimRight(text, "\n "), '\n'), nil
}

// logFacts are what anybody may know of the log.
func (s *Server) logFacts() *web.LogFacts {
	if s.Sealer == nil {
		return nil
	}
	status, policy := s.Sealer.Sealed(), s.Sealer.Policy()
	facts := &web.LogFacts{
		Origin: status.Origin, Keys: policy.Logs(), SignedAt: status.SignedAt, Fault: status.Fault,
		Witnesses: witnessRows(status), Quorum: sealState(status), Needs: witnessesNeeded(policy),
	}
	if c, ok := s.Sealer.Latest(); ok {
		facts.Size, facts.Root, facts.Checkpoint = c.Size, c.Root, string(c.Note)
	}
	return facts
}

// held verifies a receipt or a checkpoint, whichever text is.
func (s *Server) held(ctx context.Context, text []byte) (*web.VerifyResult, error) {
	if s.Sealer == nil {
		return nil, errUnsealed
	}
	if bytes.HasPrefix(text, []byte("c2sp.org/tlog-proof@")) {
		return s.heldReceipt(ctx, text)
	}
	checkpoint, err := seal.ParseCheckpoint(text)
	if err != nil {
		return nil, domain.Refusal{Code: "verify.unreadable", Reason: "既不是回执，也不是检查点。回执是下载的 .tlog-proof 文件全文；校验码只供两人口头比对，不能用来核验", Field: "/text"}
	}
	result := &web.VerifyResult{Verdict: web.Verified, Kind: "检查点"}
	verified, err := s.Sealer.Policy().Check(checkpoint.Note)
	s.checkSigned(result, checkpoint, err)
	s.checkWitnessed(result, verified)
	return result, nil
}

func (s *Server) heldReceipt(ctx context.Context, text []byte) (*web.VerifyResult, error) {
	receipt, err := seal.ParseReceipt(text)
	if err != nil {
		return nil, domain.Refusal{Code: "verify.unreadable", Reason: "回执读不懂，可能被改过或没有复制完整：" + err.Error(), Field: "/text"}
	}
	result := &web.VerifyResult{Verdict: web.Verified, Kind: "回执", Header: &receipt.Header, Number: receipt.Position()}
	verified, err := receipt.Verify(s.Sealer.Policy())
	inTree := err
	if !errors.Is(err, seal.ErrNotProven) {
		inTree = nil
		if err != nil {
			inTree = errors.New("检查点的签名不可信，信封是否在树上无从谈起")
		}
	}
	result.Check("信封在检查点的树上", inTree, fmt.Sprintf("%d 个哈希从叶到根", len(receipt.Proof)))
	if errors.Is(err, seal.ErrNotProven) {
		verified, err = s.Sealer.Policy().Check(receipt.Checkpoint.Note)
	}
	s.checkSigned(result, receipt.Checkpoint, err)
	s.checkWitnessed(result, verified)
	s.checkKept(ctx, result, receipt)
	return result, nil
}

// checkSigned asks who signed a checkpoint and whether the ledger as it is now
// still contains it.
func (s *Server) checkSigned(result *web.VerifyResult, c seal.Checkpoint, signed error) {
	result.Check("检查点由本账签名", signed, c.Origin)
	result.Check("现在的账本包含这个检查点", s.contains(c.Head), fmt.Sprintf("检查点到账本位置 %d", c.Size))
}

// checkWitnessed asks for the witnesses the policy needs, where it needs any.
func (s *Server) checkWitnessed(result *web.VerifyResult, v seal.Verified) {
	needs := witnessesNeeded(s.Sealer.Policy())
	if needs == "" {
		return
	}
	var err error
	if !v.Quorum {
		err = fmt.Errorf("%s；这个检查点有 %d 家签名：%s", needs, len(v.Cosigned), cmp.Or(strings.Join(v.Cosigned, "、"), "无"))
	}
	result.Check("见证达到要求", err, strings.Join(v.Cosigned, "、"))
}

// witnessesNeeded says what a policy asks of witnesses, "" where it asks nothing.
func witnessesNeeded(policy seal.Policy) string {
	switch least, of := policy.Needs(); {
	case least == 0:
		return ""
	case len(of) == 1:
		return "须由 " + of[0] + " 见证"
	default:
		return fmt.Sprintf("须由 %s 这 %d 家中的 %d 家见证", strings.Join(of, "、"), len(of), least)
	}
}

// contains reports whether the log as published begins with the tree of head.
func (s *Server) contains(head seal.Head) error {
	latest, ok := s.Sealer.Latest()
	if !ok || latest.Size < head.Size {
		return fmt.Errorf("账本的检查点只到 %d，这个检查点到 %d：账本像是较早的副本", latest.Size, head.Size)
	}
	proof, err := s.Sealer.Tiles().ProveTree(latest.Head, head.Size)
	if err != nil {
		return err
	}
	if head.Size == 0 {
		return nil
	}
	if tlog.CheckTree(proof, int64(latest.Size), latest.Root, int64(head.Size), head.Root) != nil {
		return errors.New("账本在那个位置的树根与检查点不同：两者之一的历史被改过")
	}
	return nil
}

// checkKept holds the receipt's envelope against the ledger's own record.
func (s *Server) checkKept(ctx context.Context, result *web.VerifyResult, receipt seal.Receipt) {
	record, err := s.record(ctx, receipt.Position())
	switch {
	case errors.Is(err, projections.ErrNotFound):
		err = fmt.Errorf("账本没有位置 %d", receipt.Position())
	case err == nil && !bytes.Equal(record.Envelope, receipt.Envelope):
		err = errors.New("账本在该位置的信封与回执不同")
	}
	result.Check("账本在该位置的信封与回执相同", err, fmt.Sprintf("账本位置 %d", receipt.Position()))
	if err == nil {
		result.Check("账本的数据与信封相符", record.CheckData(), "SHA-256 "+record.DataHash)
	}
}

// scanned compares the leaf hash of a printed code with the ledger's.
func (s *Server) scanned(ctx context.Context, at, leaf string) (*web.VerifyResult, error) {
	position, err := strconv.ParseUint(at, 10, 63)
	want, errLeaf := hex.DecodeString(leaf)
	if err != nil || errLeaf != nil || position == 0 || len(want) != tlog.HashSize {
		return nil, domain.Refusal{Code: "verify.unreadable-code", Reason: "码不完整：缺少账本位置或叶哈希", Field: "/leaf"}
	}
	result := &web.VerifyResult{Verdict: web.Agrees, Kind: "扫码"}
	record, err := s.record(ctx, eventstore.Position(position))
	switch {
	case errors.Is(err, projections.ErrNotFound):
		err = fmt.Errorf("账本没有位置 %d", position)
	case err == nil:
		if have := tlog.RecordHash(record.Envelope); !bytes.Equal(have[:], want) {
			err = errors.New("账本在该位置是另一件事，或被改过")
		}
	}
	result.Check("账本在该位置的叶哈希与码相同", err, fmt.Sprintf("账本位置 %d", position))
	return result, nil
}
