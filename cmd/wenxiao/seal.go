package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wenxiao/domain"
	"wenxiao/domain/sealing"
	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
)

func sealCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "seal",
		Short: "封存：检查点、见证、密钥 (the seal: checkpoints, witnesses, keys)",
		Long: `不带子命令时说明封存的现状：日志名、检查点盖住多少件、谁见证过、策略要求是否满足。
Without a subcommand: how the seal stands. Ends with 1 if something is wrong.
只看不签，服务运行时也能用；另有未封存的记录只作提示。 It only looks, also beside a server; records not sealed yet are told, no fault.`,
		Args: exactly(0, "无"),
	}
	db := dbFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "供程序读取 (for programs)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return printSeal(cmd.Context(), db, cmd.OutOrStdout(), asJSON)
	}
	cmd.AddCommand(sealPublish(), sealRebuild(), sealRotate(), sealRenew(), sealSM2(), sealPolicy())
	return cmd
}

// A sealReport is how the seal of a ledger stands, read beside a server.
type sealReport struct {
	seal.Verified `json:"-"`
	Origin        string               `json:"origin"`
	Head          eventstore.Position  `json:"head"`
	Checkpoint    eventstore.Position  `json:"checkpoint"`
	Root          string               `json:"root,omitempty"`
	SignedBy      []string             `json:"signedBy"`
	Cosigned      []string             `json:"cosigned"`
	Witnesses     []seal.WitnessStatus `json:"witnesses"` // those that had not cosigned were asked just now
	Quorum        bool                 `json:"quorum"`
	Unsealed      eventstore.Position  `json:"unsealed"` // records behind the checkpoint, where the first has waited for long
	UnsealedSince time.Time            `json:"unsealedSince,omitzero"`
	Fault         string               `json:"fault,omitempty"`
}

func printSeal(ctx context.Context, db *place, out io.Writer, asJSON bool) (err error) {
	store, err := db.openReader(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	r, err := db.sealReport(ctx, store)
	if err != nil {
		return err
	}
	if asJSON {
		err = printJSON(out, r)
	} else {
		printReport(out, db, r)
	}
	if err == nil && r.Fault != "" {
		err = errors.New(r.Fault)
	}
	if err != nil {
		return err
	}
	return vouched(r.Witnesses, r.Quorum)
}

func (p place) sealReport(ctx context.Context, store eventstore.Store) (r sealReport, err error) {
	policy, said, err := p.believed(ctx, store)
	if err != nil {
		return r, err
	}
	c, err := p.tiles().Published()
	last, unsigned := p.lastSigned()
	head, unread := store.Head(ctx)
	if unread != nil {
		return r, unread
	}
	r = sealReport{Origin: said.Origin, Head: head, SignedBy: []string{}, Cosigned: []string{}, Witnesses: []seal.WitnessStatus{}}
	if unsigned != nil {
		r.Fault = unsigned.Error()
		return r, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		r.Fault = "还没有检查点；运行 wenxiao seal publish"
		return r, nil
	}
	if err == nil {
		r.Verified, err = policy.Check(c.Note)
	}
	if err != nil {
		r.Fault = "检查点不可信：" + err.Error()
		return r, nil
	}
	r.Origin, r.Checkpoint, r.Root, r.Quorum = c.Origin, c.Size, c.Root.String(), r.Verified.Quorum
	r.SignedBy, r.Cosigned = append(r.SignedBy, r.Verified.SignedBy...), append(r.Cosigned, r.Verified.Cosigned...)
	if r.Unsealed, r.UnsealedSince, err = unsealed(ctx, store, c.Size, time.Now()); err != nil {
		return r, err
	}
	if r.Fault, err = p.amiss(ctx, store, c, last); err != nil || r.Fault != "" {
		return r, err
	}
	r.Witnesses = seal.Ask(ctx, p.tiles(), policy, c)
	return r, nil
}

// believed returns the policy of a ledger that has been sealed, and what the
// ledger says of its log. Keys that are gone, or are others, are refused.
func (p place) believed(ctx context.Context, store eventstore.Store) (policy seal.Policy, said sealing.State, err error) {
	if said, err = sealingSaid(ctx, store); err != nil {
		return policy, said, err
	}
	if err := p.keysThere(said); err != nil {
		return policy, said, err
	}
	if policy, err = p.policy(); err != nil {
		return policy, said, err
	}
	if said.Key != "" && !strings.Contains(policy.String(), "log "+said.Key) {
		err = domain.Refusal{Code: "seal.other-keys", Reason: fmt.Sprintf("账本记载签署日志的密钥是 %s，%s 里没有它%s", said.Key, p.beside("seal"), orRenew)}
	}
	return policy, said, err
}

func printReport(w io.Writer, db *place, r sealReport) {
	fmt.Fprintf(w, "日志 (log):          %s\n", r.Origin)
	fmt.Fprintf(w, "检查点 (checkpoint): 盖住 %d 件，账本共 %d 件\n", r.Checkpoint, r.Head)
	if r.Root != "" {
		fmt.Fprintf(w, "树根 (root):         %s\n", r.Root)
	}
	if r.Unsealed > 0 {
		fmt.Fprintf(w, "未封存 (unsealed):   %d 件，%s 起；wenxiao serve 或 wenxiao seal publish 补签\n", r.Unsealed, r.UnsealedSince.Local().Format(time.DateTime))
	}
	for _, k := range r.SignedBy {
		fmt.Fprintf(w, "签名 (signed):       %s\n", k)
	}
	for _, k := range r.Cosigned {
		fmt.Fprintf(w, "见证 (cosigned):     %s\n", k)
	}
	for _, k := range r.Witnesses {
		switch {
		case slices.Contains(r.Cosigned, k.Name):
		case k.Cosigned:
			fmt.Fprintf(w, "见证 (witness):      %s 应答正常，下一轮签上\n", k.Name)
		default:
			fmt.Fprintf(w, "未见证 (missing):    %s：%s\n", k.Name, k.Fault)
		}
	}
	fmt.Fprintf(w, "公开日志目录 (log directory): %s\n密钥目录 (keys):              %s\n", db.tiles().Dir, db.beside("seal"))
}

func sealPublish() *cobra.Command {
	var origin string
	cmd := &cobra.Command{
		Use:   "publish",
		Short: "做一轮：写日志、签检查点、请见证 (one round: extend the log, sign, ask the witnesses)",
		Args:  exactly(0, "无"),
	}
	db := dbFlag(cmd)
	cmd.Flags().StringVar(&origin, "origin", "", "第一次封存时的日志名，如 czj.example.gov.cn/ledger (the log's name, on the first day)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return db.withSealer(cmd, (place).openReader, origin, func(ctx context.Context, s *sealer, store eventstore.Store) error {
			if err := db.begin(ctx, store, s); err != nil {
				return err
			}
			return publish(ctx, s, cmd.OutOrStdout())
		})
	}
	return cmd
}

// publish does one round and says what came of it.
func publish(ctx context.Context, s *sealer, out io.Writer) error {
	c, err := s.Seal(ctx)
	status := s.Status()
	if err != nil {
		return errors.New(status.Fault)
	}
	fmt.Fprintf(out, "检查点盖住 %d 件 (checkpoint): %s\n", c.Size, c.Origin)
	printWitnesses(out, status.Witnesses)
	return vouched(status.Witnesses, status.Quorum)
}

func printWitnesses(out io.Writer, all []seal.WitnessStatus) {
	for _, w := range all {
		state := "已签"
		if !w.Cosigned {
			state = "未签：" + w.Fault
		}
		fmt.Fprintf(out, "见证 (witness) %s：%s\n", w.Name, state)
	}
}

// vouched returns what is wrong with the witnesses: one that refuses weighs more
// than some that are away.
func vouched(all []seal.WitnessStatus, quorum bool) error {
	var refuse []string
	for _, w := range all {
		if w.Refused {
			refuse = append(refuse, w.Name)
		}
	}
	switch {
	case refuse != nil:
		return fmt.Errorf("见证方 %s 拒绝签名：它见过的账本与此不同。停止入账，保全现状，向见证方查问 (witnesses refuse)", strings.Join(refuse, "、"))
	case !quorum:
		return errors.New("见证方不足 (witness quorum missing)")
	}
	return nil
}

// withSealer opens the ledger and its sealer for one piece of work.
func (p place) withSealer(
	cmd *cobra.Command, open func(place, context.Context) (eventstore.Store, error), origin string,
	work func(context.Context, *sealer, eventstore.Store) error,
) (err error) {
	ctx := cmd.Context()
	store, err := open(p, ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	s, err := p.openSealer(ctx, store, origin, newLog(io.Discard))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return work(ctx, s, store)
}

func sealRebuild() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "由账本重做公开日志的全部文件 (make every file of the log anew from the ledger)",
		Args:  exactly(0, "无"),
	}
	db := dbFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return db.withSealer(cmd, (place).openReader, "", func(ctx context.Context, s *sealer, _ eventstore.Store) error {
			c, err := s.Rebuild(ctx)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "已重做 %d 件的公开日志 (rebuilt): %s\n", c.Size, db.tiles().Dir)
			return nil
		})
	}
	return cmd
}

func sealSM2() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sm2",
		Short: "加一把国密 SM2 密钥，与 Ed25519 并签 (add an SM2 key that signs beside Ed25519)",
		Args:  exactly(0, "无"),
	}
	db := dbFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return db.withSealer(cmd, (place).openReader, "", func(_ context.Context, s *sealer, _ eventstore.Store) error {
			if err := s.signer.EnableSM2(); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "今后检查点同时有 SM2 签名 (SM2 signs from now on):\n%s\n", s.signer.Verifiers()[1])
			return nil
		})
	}
	return cmd
}

func sealPolicy() *cobra.Command {
	var withSM2 bool
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "验证所用的信任策略 (the policy that verifiers need)",
		Long: `打印 c2sp.org/tlog-policy 文本：日志公钥（含已停用的）、见证方、要求几家见证。
见证方写在密钥目录的 policy 文件里：witness 名称 公钥 网址；group 名称 几家 成员…；quorum 名称。`,
		Args: exactly(0, "无"),
	}
	db := dbFlag(cmd)
	cmd.Flags().BoolVar(&withSM2, "sm2", false, "连同 SM2 公钥；别家工具可能不认 (with SM2 keys, which other tools may refuse)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := db.keysThere(sealing.State{}); err != nil { // it needs no ledger
			return err
		}
		policy, err := db.policy()
		if err != nil {
			return err
		}
		if !withSM2 {
			policy = policy.Standard()
		}
		_, err = io.WriteString(cmd.OutOrStdout(), policy.String())
		return err
	}
	return cmd
}

func sealRotate() *cobra.Command {
	var reason, by string
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "换钥：新旧两把密钥共同签署，记入账本 (rotate the key; both keys sign, the ledger records it)",
		Args:  exactly(0, "无"),
	}
	db := dbFlag(cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "原因，必填 (why)")
	cmd.Flags().StringVar(&by, "by", "", "经办人，必填 (by whom)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if domain.Blank(reason) || domain.Blank(by) {
			return usage("换钥须用 --reason 写明原因、用 --by 写明经办人，都记入账本 (give --reason and --by)")
		}
		return db.withSealer(cmd, openForWriting, "", func(ctx context.Context, s *sealer, store eventstore.Store) error {
			r, err := s.signer.BeginRotation()
			if err != nil {
				return err
			}
			change := sealing.Rotate{Origin: r.Origin, Old: r.Old, New: r.New, Statement: r.Statement, Reason: reason}
			if err := record(ctx, store, change, by, r.New); err != nil {
				return err
			}
			if err := s.signer.FinishRotation(); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "已换钥 (rotated):\n旧 (old) %s\n新 (new) %s\n请把新的信任策略（wenxiao seal policy）发给验证方和见证方。\n", r.Old, r.New)
			return nil
		})
	}
	return cmd
}

func openForWriting(p place, ctx context.Context) (eventstore.Store, error) {
	return p.openStore(ctx, nil)
}

// record writes a change of the seal into the ledger, once: the command id follows
// from the new key.
func record(ctx context.Context, store eventstore.Store, change sealing.Command, by, key string) error {
	meta := eventstore.Meta{Actor: keeper(by), Command: "seal-" + key, Correlation: "seal-" + key}
	_, err := eventstore.Execute(ctx, store, sealing.Stored, sealing.Stream, eventstore.AnyRevision, change, meta)
	return err
}
