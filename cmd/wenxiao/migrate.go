package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/verify"
)

func migrateCommand() *cobra.Command {
	from, to := new(place), new(place)
	cmd := &cobra.Command{
		Use:   "migrate --from DB --to DB",
		Short: "把账本搬到另一种数据库 (copy a ledger to another back-end)",
		Long: `逐字节复制：信封、内容、位置、流号、树根都不变，已开出的回执和已签的检查点照样有效。
断了再运行一次即接着搬；目标里已有的必须是来源的开头，否则拒绝。目标不能正在记账。
来源可以正在记账，复制到开始时的末位为止；最后一次搬之前停下来源的服务。
账本旁边的签名钥匙、个人信息钥匙、附件、账户不在账本里，搬完后列出，要另行搬过去。
Copies records byte for byte; goes on where it was broken off; verifies the copy.

  wenxiao migrate --from sqlite:wenxiao.db --to postgres://host/wenxiao`,
		Args: exactly(0, "无"),
	}
	const form = "sqlite:PATH、postgres://… 或 esdb://…"
	f := cmd.Flags()
	f.StringVar(&from.url, "from", "", "来源账本 (source): "+form)
	f.StringVar(&to.url, "to", "", "目标账本 (target): "+form)
	f.StringVar(&from.home, "from-home", "wenxiao-home", "来源不是文件时的旁边目录 (the source's --home)")
	f.StringVar(&to.home, "to-home", "wenxiao-home", "目标不是文件时的旁边目录 (the target's --home)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for flag, p := range map[string]*place{"--from": from, "--to": to} {
			if path, file := p.path(); !(file && path != "") && !p.isPostgres() && !p.isEventStore() {
				return usage("%s 应为 %s，给的是 %q", flag, form, p.url)
			}
		}
		m := migration{from: *from, to: *to, out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr()}
		return m.run(cmd.Context())
	}
	return cmd
}

// A migration copies one ledger to another place.
type migration struct {
	from, to  place
	out, errs io.Writer

	source eventstore.Store
	until  eventstore.Tree // of the source when the copying began
	kept   eventstore.Tree // of the target when the copying began
}

func (m *migration) run(ctx context.Context) (err error) {
	if m.from.url == m.to.url {
		return usage("--from 和 --to 是同一处")
	}
	if m.source, err = m.from.openReader(ctx); err != nil {
		return fmt.Errorf("来源 (source): %w", err)
	}
	defer func() { err = errors.Join(err, m.source.Close()) }()
	if m.until, err = wholeTree(ctx, m.source); err != nil {
		return err
	}
	if err := m.move(ctx); err != nil {
		return err
	}
	if err := m.verify(ctx); err != nil {
		return err
	}
	return m.tell(ctx)
}

// wholeTree returns the store's tree, which must reach to its end.
func wholeTree(ctx context.Context, s eventstore.Store) (eventstore.Tree, error) {
	head, err := s.Head(ctx)
	if err != nil {
		return eventstore.Tree{}, err
	}
	tree, err := s.Tree(ctx)
	if err == nil && tree.Size < head {
		err = domain.Refusal{Code: "migrate.tree-behind", Reason: fmt.Sprintf("来源的树只到账本位置 %d，账本到 %d；先用 wenxiao serve 打开一次，树会补齐", tree.Size, head), Field: "--from"}
	}
	return tree, err
}

// move copies what the target lacks.
func (m *migration) move(ctx context.Context) (err error) {
	if err := m.notWritten(ctx); err != nil {
		return err
	}
	target, err := m.to.openStore(ctx, nil)
	if err != nil {
		return fmt.Errorf("目标 (target): %w", err)
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	adopter, ok := target.(eventstore.Adopter)
	if !ok {
		return usage("--to 不能是 %s", m.to)
	}
	if m.kept, err = wholeTree(ctx, target); err != nil {
		return err
	}
	if m.kept.Size > m.until.Size {
		return m.otherLedger("目标有 %d 件，来源只有 %d 件", m.kept.Size, m.until.Size)
	}
	if m.kept.Size > 0 {
		fmt.Fprintf(m.errs, "目标已有 %d 件，先核对它是来源的开头 (going on)\n", m.kept.Size)
	}
	return m.copy(ctx, adopter)
}

// letGo is how long the database may take to notice that a process was killed.
const letGo = 2 * time.Second

// notWritten refuses a target that a server writes: opening it would take it away
// from that server. A file is locked and refuses by itself.
func (m *migration) notWritten(ctx context.Context) error {
	if !m.to.isPostgres() {
		return nil
	}
	written, err := postgres.Written(ctx, m.to.url)
	for deadline := time.Now().Add(letGo); err == nil && written && time.Now().Before(deadline); {
		time.Sleep(letGo / 10)
		written, err = postgres.Written(ctx, m.to.url)
	}
	if err == nil && written {
		err = domain.Refusal{Code: "migrate.target-in-use", Reason: fmt.Sprintf("目标 %s 正由另一个进程写入（多半是 wenxiao serve），请先停止它", m.to), Field: "--to"}
	}
	return err
}

func (m *migration) otherLedger(format string, args ...any) error {
	return domain.Refusal{
		Code:   "migrate.other-ledger",
		Reason: fmt.Sprintf("目标不是来源的开头，不能接着搬："+format+"；换一处空的目标，或核对 --from 与 --to 有没有写反", args...),
		Field:  "--to",
	}
}

const (
	togetherRecords = 2000
	togetherBytes   = 8 << 20
)

// copy reads the source from its first record, so that its tree is known where
// the target ends, and hands on what lies behind. Records of one append stay in
// one portion.
func (m *migration) copy(ctx context.Context, target eventstore.Adopter) error {
	bar := progress(m.errs, int64(m.until.Size), "搬账 (copying)")
	defer func() { _ = bar.Finish() }()
	var tree eventstore.Tree
	var portion []eventstore.Record
	bytes, command := 0, ""
	hand := func() error {
		if len(portion) == 0 {
			return nil
		}
		err := target.Adopt(ctx, portion[0].Position-1, portion)
		portion, bytes = nil, 0
		return m.refused(err)
	}
	for r, err := range m.source.ReadAll(ctx, 0) {
		if err != nil {
			return err
		}
		if r.Position > m.until.Size {
			break
		}
		if full := len(portion) >= togetherRecords || bytes >= togetherBytes; full && (r.Command == "" || r.Command != command) {
			if err := hand(); err != nil {
				return err
			}
		}
		tree, command = tree.Add(r.Envelope), r.Command
		if r.Position%togetherRecords == 0 {
			_ = bar.Set64(int64(r.Position))
		}
		if r.Position > m.kept.Size {
			portion, bytes = append(portion, r), bytes+len(r.Envelope)+len(r.Data)
		}
		if r.Position == m.kept.Size {
			if err := m.compare(ctx, target, r, tree); err != nil {
				return err
			}
		}
	}
	if err := hand(); err != nil {
		return err
	}
	if tree.Root() != m.until.Root() {
		return fmt.Errorf("%w: 来源的记录与它自己的树根不符，用 wenxiao verify --db %s 找出是哪一处，不要使用目标 (the source's records are not those of its tree)", eventstore.ErrDamaged, m.from)
	}
	return nil
}

// refused says where to look when the target does not take the source's records.
func (m *migration) refused(err error) error {
	switch {
	case errors.Is(err, eventstore.ErrDamaged):
		return fmt.Errorf("来源有一处不是当初写的样子，没有再往下搬；用 wenxiao verify --db %s 看是哪一处: %w", m.from, err)
	case errors.Is(err, eventstore.ErrFenced), errors.Is(err, eventstore.ErrMisplaced):
		return fmt.Errorf("搬的途中有别的进程写了目标 %s，停下它再运行一次: %w", m.to, err)
	}
	return err
}

// compare holds the target's last record and root against the source's there.
func (m *migration) compare(ctx context.Context, target eventstore.Store, r eventstore.Record, tree eventstore.Tree) error {
	for last, err := range target.ReadAll(ctx, r.Position-1) {
		if err != nil {
			return err
		}
		if last.ID != r.ID {
			return m.otherLedger("账本位置 %d，来源是事件 %s，目标是 %s", r.Position, r.ID, last.ID)
		}
		break
	}
	if tree.Root() != m.kept.Root() {
		return m.otherLedger("账本位置 %d 处树根不同，来源 %s，目标 %s", r.Position, tree.Root(), m.kept.Root())
	}
	return nil
}

// verify reads the target as anybody would, from the first record to the last.
func (m *migration) verify(ctx context.Context) (err error) {
	store, err := m.to.openReader(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	bar := progress(m.errs, int64(m.until.Size), "核对 (verifying)")
	report, err := verify.Ledger(ctx, store, verify.Options{
		SM3: true, Heads: []verify.Head{{Name: "来源的树根", Size: m.until.Size, Root: m.until.Root()}},
		Progress: func(done, _ eventstore.Position) { _ = bar.Set64(int64(done)) },
	})
	_ = bar.Finish()
	if err != nil {
		return err
	}
	for _, f := range report.Findings {
		fmt.Fprintln(m.out, f)
	}
	if report.Found > 0 {
		return fmt.Errorf("核对目标发现 %d 处问题，不要使用它 (the copy is not good)", report.Found)
	}
	if report.Size != m.until.Size || report.Root != m.until.Root().String() {
		return fmt.Errorf("目标有 %d 件，树根 %s；来源 %d 件，树根 %s：复制后有别的进程写过目标 (the target was written)", report.Size, report.Root, m.until.Size, m.until.Root())
	}
	return nil
}

// tell says what was done and what is left to do by hand.
func (m *migration) tell(ctx context.Context) error {
	fmt.Fprintf(m.out, "已搬到账本位置 %d，这次 %d 件；两边树根相同，目标已从头核对\n树根 (root)  %s\n",
		m.until.Size, m.until.Size-m.kept.Size, m.until.Root())
	head, err := m.source.Head(ctx)
	if err != nil {
		return err
	}
	if head > m.until.Size {
		fmt.Fprintf(m.out, "来源仍在记账，现已到 %d：停下它的服务，再运行一次本命令 (the source has gone on: stop it and run this again)\n", head)
	}
	m.tellBeside()
	return nil
}

// beside is what belongs to a ledger and is not its records, in the order it is
// to be moved; the rest is made again.
var beside = []struct{ name, what string }{
	{"seal", "签名钥匙和最后签署的检查点"},
	{"keys", "个人信息钥匙"},
	{"keys.master", "个人信息的总钥匙"},
	{"files", "附件"},
}

// tellBeside lists what must be moved by hand.
func (m *migration) tellBeside() {
	fmt.Fprintln(m.out, "\n账本之外，停下来源的服务后要另行搬过去 (to be moved by hand, with the source stopped):")
	for _, b := range beside {
		old, place := m.from.beside(b.name), m.to.beside(b.name)
		if _, err := os.Stat(old); err == nil && old != place {
			fmt.Fprintf(m.out, "  %s → %s  %s\n", old, place, b.what)
		}
	}
	fmt.Fprintf(m.out, "  账户 (accounts)：用 wenxiao user add 在目标重新开立\n")
	fmt.Fprintf(m.out, "  推送和接收的进度 (streams)：不随账本走，在目标重新配置\n")
	fmt.Fprintf(m.out, "公开日志和查询表不必搬 (made again)：wenxiao seal rebuild，wenxiao rebuild\n")
}
