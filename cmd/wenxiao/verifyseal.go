package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/domain"
	"wenxiao/domain/sealing"
	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
	"wenxiao/eventstore/verify"
)

// believes returns the policy that checkpoints are held to.
func (v verifying) believes() (seal.Policy, error) {
	if v.policyFile == "" {
		policy, err := v.policy()
		if no := (domain.Refusal{}); v.against != "" && errors.As(err, &no) && no.Code == "seal.not-begun" {
			err = needsPolicy()
		}
		return policy, err
	}
	text, err := os.ReadFile(v.policyFile)
	if err != nil {
		return seal.Policy{}, err
	}
	policy, err := seal.ParsePolicy(text)
	if err != nil {
		return policy, fileError{v.policyFile, domain.Refusal{Code: "policy.malformed", Reason: fmt.Sprintf("信任策略读不懂：%v", err)}}
	}
	return policy, nil
}

// needsPolicy says where somebody without the ledger's keys gets a policy.
func needsPolicy() error {
	return usage("请用 --policy 给出策略文件：信谁的签名，不能由被核验的文件自己说。策略文件可从出具单位的网站（/policy）或见证方取得 (give --policy FILE, from the office's website or a witness)")
}

// heads gathers what was signed: published, by the signer last, and by whoever
// kept a checkpoint.
func (v verifying) heads(ctx context.Context, store eventstore.Store, done *verification) (heads []verify.Head, err error) {
	log, _, err := eventstore.Load[sealing.State](ctx, store, sealing.Stored, sealing.Stream)
	if err != nil { // a record that cannot be read is found with the records
		log = sealing.State{}
	}
	lacking := v.lacking(log, done)
	policy, err := v.believes()
	no := domain.Refusal{}
	switch {
	case errors.As(err, &no) && no.Code == "seal.not-begun":
		if v.signedSomething() && !lacking {
			done.Others = append(done.Others, finding{Code: "seal.keys-missing", Place: filepath.Join(v.place.beside("seal"), "public"), Text: "有封存的文件，却没有日志的公钥，无从核对签名"})
		}
		return nil, nil
	case forbidden(err) && v.policyFile == "" && v.against == "":
		done.leaveOut("签名：没有读 %s 的权限，用 --policy 给出策略文件", v.place.beside("seal"))
		return nil, nil
	case err != nil:
		return nil, err
	}
	if log.Origin != "" || v.signedSomething() {
		found := []finding(nil)
		if heads, found, err = verify.Signed(v.tiles(), v.place.beside("seal"), policy); err != nil {
			return nil, err
		}
		done.Sealed = true
		done.Others = append(done.Others, slices.DeleteFunc(found, func(f finding) bool { return lacking && f.Code == "checkpoint.missing" })...)
		if _, err := os.ReadFile(filepath.Join(v.place.beside("seal"), "signed")); forbidden(err) {
			done.leaveOut("最后签署的检查点：没有读 %s 的权限", v.place.beside("seal"))
		}
	}
	if v.against != "" {
		text, name, err := v.kept()
		if err != nil {
			return nil, err
		}
		c, found := verify.Believed(text, v.against, policy)
		if done.Others = append(done.Others, found...); found == nil {
			heads = append(heads, verify.Head{Name: name, Size: c.Size, Root: c.Root})
		}
	}
	for _, h := range heads {
		done.Heads = append(done.Heads, signedHead{Name: h.Name, Size: h.Size, Root: h.Root.String()})
	}
	return heads, nil
}

// lacking says what is not there of the log that the ledger names. Its own keys
// are not needed where somebody brings a policy.
func (v verifying) lacking(log sealing.State, done *verification) bool {
	if log.Origin == "" {
		return false
	}
	keys := v.place.beside("seal")
	parts := []struct{ what, path string }{{"已公布的检查点", filepath.Join(v.tiles().Dir, "checkpoint")}}
	if v.policyFile == "" {
		parts = append(parts, []struct{ what, path string }{
			{"签名密钥", filepath.Join(keys, "log.key")}, {"公钥", filepath.Join(keys, "public")}, {"最后签署的检查点", filepath.Join(keys, "signed")},
		}...)
	}
	var gone []string
	for _, part := range parts {
		if info, err := os.Stat(part.path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			gone = append(gone, part.what+" "+part.path)
		}
	}
	if gone != nil {
		done.Others = append(done.Others, finding{Code: "seal.missing", Place: "封存", Text: fmt.Sprintf("账本上记着日志 %s，这里却没有：%s", log.Origin, strings.Join(gone, "、"))})
	}
	return gone != nil
}

// unsigned says why there is nothing signed: no log has begun, or what the ledger
// names is not here.
func (done verification) unsigned() string {
	if slices.ContainsFunc(done.Others, func(f finding) bool { return f.Code == "seal.missing" }) {
		return "没有封存的文件"
	}
	return "没有签过检查点；wenxiao serve 或 wenxiao seal publish 开始"
}

// signedSomething reports whether anything beside the ledger was ever signed or
// published. Keys, and an empty file for what they will sign, are made when the
// service first starts.
func (v verifying) signedSomething() bool {
	for _, path := range []string{filepath.Join(v.tiles().Dir, "checkpoint"), filepath.Join(v.tiles().Dir, "tile"), filepath.Join(v.place.beside("seal"), "signed")} {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 { // the signer's is empty before it signs
			return true
		}
	}
	return false
}

// kept returns the checkpoint of --against and what it is called: that of a
// receipt, if the file is one.
func (v verifying) kept() (text []byte, name string, err error) {
	if text, err = os.ReadFile(v.against); err != nil {
		return nil, "", err
	}
	if !isReceipt(text) {
		return text, "留存的检查点 " + v.against, nil
	}
	receipt, err := seal.ParseReceipt(text)
	if err != nil {
		return nil, "", fileError{v.against, domain.Refusal{Code: "receipt.malformed", Reason: fmt.Sprintf("回执被改过，或没有复制完整：%v", err)}}
	}
	return receipt.Checkpoint.Note, "回执 " + v.against + " 所带的检查点", nil
}

// proofs makes, for the checkpoint that was kept, the proof that the published one
// contains it.
func (v verifying) proofs(_ context.Context, _ eventstore.Store, done *verification, _ io.Writer) error {
	c, err := v.tiles().Published()
	if err != nil || len(done.Heads) == 0 {
		return nil // no log: the ledger itself was compared
	}
	kept := &done.Heads[len(done.Heads)-1]
	text, _, err := v.kept()
	if err != nil {
		return err
	}
	older, err := seal.ParseCheckpoint(text)
	if err != nil || older.Size > c.Size {
		return nil // said already
	}
	proof, err := verify.Consistent(v.tiles(), c.Head, older.Head)
	if err != nil {
		done.Others = append(done.Others, finding{Code: "head.unproven", Place: kept.Name, Text: v.unproven(c.Head, older.Head, err)})
		return nil
	}
	for _, h := range proof {
		kept.Proof = append(kept.Proof, h.String())
	}
	return nil
}

// unproven says why the log does not prove that it contains an older head.
func (v verifying) unproven(now, older seal.Head, err error) string {
	root, unread := tlog.TreeHash(int64(older.Size), v.tiles().HashReader(now))
	if errors.Is(err, seal.ErrInconsistent) && unread == nil {
		return fmt.Sprintf("公开日志的历史与检查点不一致：检查点到 %d 时的根是 %s，公开日志到 %d 时的根是 %s", older.Size, older.Root, older.Size, root)
	}
	return fmt.Sprintf("公开日志的文件缺失或损坏，给不出一致性证明；wenxiao seal rebuild 可重做：%v", err)
}

// forbidden reports whether somebody may not read or write here.
func forbidden(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}
