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
	"time"

	"github.com/spf13/cobra"

	"wenxiao/domain/attachment"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments"
	"wenxiao/eventstore/verify"
	"wenxiao/projections"
)

// verifying is what the flags ask for.
type verifying struct {
	place
	quick, tables, sm3, fresh, asJSON bool
	against, policyFile               string
}

func verifyCommand() *cobra.Command {
	var v verifying
	cmd := &cobra.Command{
		Use:   "verify [RECEIPT-FILE]",
		Short: "核验：整本账，或一张回执，或与所持检查点核对 (verify the ledger, a receipt, or against a checkpoint)",
		Long: `不带参数：核验整本账。信封与内容、编号与版次、哈希树、每一列和每个索引、已签的检查点、公开日志的文件、附件；
--tables 再由账本重算查询表，逐行比对。可随时中断，再次运行接着核；要作证据，用 --fresh 从头核。
--against FILE：手里留存的检查点（或回执所带的），是否仍包含在这本账里。
RECEIPT-FILE --policy FILE：一张回执，不需要账本；明确给出 --db 时再与账本核对。
发现问题时退出码为 1。 Ends with 1 if something is found.`,
		Args: atMost(1),
	}
	db := dbFlag(cmd)
	cmd.Flags().BoolVar(&v.quick, "quick", false, "只核账本，不看公开日志和附件 (the ledger only)")
	cmd.Flags().BoolVar(&v.tables, "tables", false, "由账本重算查询表并逐行比对 (compare the tables with a replay)")
	cmd.Flags().BoolVar(&v.sm3, "sm3", false, "内容另按 SM3 核对，时间约加四成 (hold the data against SM3, too)")
	cmd.Flags().BoolVar(&v.fresh, "fresh", false, "从头核，不接着上次 (start over)")
	cmd.Flags().BoolVar(&v.asJSON, "json", false, "供程序读取 (for programs)")
	cmd.Flags().StringVar(&v.against, "against", "", "留存的检查点文件 (a checkpoint that was kept)")
	cmd.Flags().StringVar(&v.policyFile, "policy", "", "信任策略文件；空为本账自己的 (policy; the ledger's own if empty)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		v.place = *db
		if len(args) == 1 {
			return v.receipt(cmd, args[0])
		}
		return v.ledger(cmd)
	}
	return cmd
}

// A verification is what verify found, part by part.
type verification struct {
	Ledger  string        `json:"ledger"`
	Records verify.Report `json:"records"`
	Sealed  bool          `json:"sealed"` // there is a log
	Heads   []signedHead  `json:"heads"`
	Files   *int          `json:"files,omitempty"`  // attachments looked at
	Tables  string        `json:"tables,omitempty"` // how far they were compared
	Others  []finding     `json:"others"`           // beside the records
	Good    bool          `json:"good"`

	Covered    []string `json:"covered"`    // what was held against what, in words
	NotCovered []string `json:"notCovered"` // and what was not looked at
	Conclusion string   `json:"conclusion"`
}

// leaveOut notes what is not looked at, and why.
func (done *verification) leaveOut(format string, args ...any) {
	done.NotCovered = append(done.NotCovered, fmt.Sprintf(format, args...))
}

// conclude says what was covered, and what that comes to.
func (done *verification) conclude(v verifying) {
	r := &done.Records
	records := fmt.Sprintf("记录 %d–%d", r.From+1, r.Size)
	if r.Size == 0 {
		records = "记录（账本是空的）"
	}
	unread := len(done.NotCovered) > 0
	done.Covered = []string{records + "：" + strings.Join(r.Checks(), "、")}
	for _, h := range done.Heads {
		done.Covered = append(done.Covered, h.Name)
	}
	if r.From > 0 {
		done.leaveOut("记录 1–%d：这次没有核，是本机上次核验的", r.From)
	}
	for _, part := range []struct {
		what string
		done bool
	}{
		{"公开日志的文件", done.Sealed && !v.quick}, {"附件", done.Files != nil}, {"查询表", done.Tables != ""}, {"内容的 SM3", r.SM3},
	} {
		said := slices.ContainsFunc(done.NotCovered, func(why string) bool { return strings.HasPrefix(why, part.what+"：") })
		switch {
		case part.done:
			done.Covered = append(done.Covered, part.what)
		case !said:
			done.NotCovered = append(done.NotCovered, part.what)
		}
	}
	problems := r.Found + len(done.Others)
	done.Good = problems == 0
	done.Conclusion = r.Conclusion()
	if unread {
		done.Conclusion += "；没有权限读的部分没有核"
	}
	if !done.Good {
		done.Conclusion = fmt.Sprintf("发现 %d 处问题", problems)
	}
}

type finding = verify.Finding

type signedHead struct {
	Name  string              `json:"name"`
	Size  eventstore.Position `json:"size"`
	Root  string              `json:"root"`
	Proof []string            `json:"proof,omitempty"` // of consistency with the published checkpoint
}

func (v verifying) ledger(cmd *cobra.Command) (err error) {
	ctx, out, errs := cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	store, err := v.openReader(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	done := verification{Ledger: v.String(), Heads: []signedHead{}, Others: []finding{}, NotCovered: []string{}}
	heads, err := v.heads(ctx, store, &done)
	if err != nil {
		return err
	}
	started := time.Now()
	if done.Records, err = v.records(ctx, store, heads, errs); err != nil {
		return v.interrupted(ctx, err)
	}
	spent := time.Since(started)
	if err := v.beside(ctx, store, &done, errs); err != nil {
		return v.interrupted(ctx, err)
	}
	done.conclude(v)
	if v.asJSON {
		err = printJSON(out, done)
	} else {
		done.print(out, v, spent)
	}
	if err == nil && !done.Good {
		err = fmt.Errorf("发现 %d 处问题 (problems found)", done.Records.Found+len(done.Others))
	}
	return err
}

// interrupted makes sure that a run cut short does not end as a good one.
func (v verifying) interrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	if progressOf(v.place) == "" {
		return errors.New("核验中断，没有结论；这里没有地方记下进度，再次运行从头核 (interrupted: run again)")
	}
	return errors.New("核验中断，没有结论；再次运行即接着核 (interrupted: run again to go on)")
}

// records verifies the ledger itself, going on from where an earlier run was cut
// short.
func (v verifying) records(ctx context.Context, store eventstore.Store, heads []verify.Head, errs io.Writer) (verify.Report, error) {
	file := progressOf(v.place)
	o := verify.Options{SM3: v.sm3, Heads: heads, Every: 5 * time.Second}
	if !v.fresh {
		if state := file.read(v.place, errs); state != nil && state.Continues(o) {
			fmt.Fprintf(errs, "接着上次，从账本位置 %d 核起；--fresh 从头核 (going on)\n", state.Done+1)
			o.Resume = state
		}
	}
	o.Save = func(s *verify.State) error { return file.write(v.place, s) }
	bar := progress(errs, -1, "核账 (reading the ledger)")
	o.Progress = func(done, of eventstore.Position) {
		bar.ChangeMax64(int64(of))
		_ = bar.Set64(int64(done))
	}
	report, err := verify.Ledger(ctx, store, o)
	if errors.Is(err, verify.ErrOtherLedger) {
		fmt.Fprintf(errs, "%s 不是这本账核到一半的，从头核 (starting over)\n", file)
		o.Resume = nil
		report, err = verify.Ledger(ctx, store, o)
	}
	_ = bar.Finish()
	if err != nil {
		return report, err
	}
	return report, file.remove()
}

// beside verifies what lies beside the ledger.
func (v verifying) beside(ctx context.Context, store eventstore.Store, done *verification, errs io.Writer) error {
	parts := []func(context.Context, eventstore.Store, *verification, io.Writer) error{v.log, v.files}
	if v.quick {
		parts = nil
	}
	if v.against != "" {
		parts = append(parts, v.proofs)
	}
	if v.tables {
		parts = append(parts, v.replay)
	}
	for _, part := range parts {
		if err := part(ctx, store, done, errs); err != nil {
			return err
		}
	}
	return nil
}

// log holds the published files against the ledger. A server beside us may sweep
// away files of a checkpoint when it publishes the next: then we look again.
func (v verifying) log(ctx context.Context, store eventstore.Store, done *verification, _ io.Writer) (err error) {
	if !done.Sealed {
		return nil
	}
	var found []finding
	for range 5 {
		c, err := v.tiles().Published()
		if err != nil { // said already
			break
		}
		if found, err = verify.Log(ctx, store, v.tiles(), c.Head); err != nil {
			return err
		}
		if again, err := v.tiles().Published(); len(found) == 0 || err == nil && again.Head == c.Head {
			break
		}
	}
	done.Others = append(done.Others, found...)
	return nil
}

// files looks at the attachments the ledger knows.
func (v verifying) files(ctx context.Context, store eventstore.Store, done *verification, _ io.Writer) error {
	judge := func(digest string) (attachments.Verdict, error) {
		state, revision, err := eventstore.Load[attachment.State](ctx, store, attachment.Stored, attachment.Stream(digest))
		switch {
		case err != nil || revision == 0:
			return attachments.Unknown, err
		case state.Kept():
			return attachments.Kept, nil
		}
		return attachments.Withdrawn, nil
	}
	var kept []string
	for digest, err := range deposits(ctx, store) {
		if err != nil {
			return err
		}
		if verdict, err := judge(digest); err == nil && verdict == attachments.Kept { // a record that cannot be read is told of already
			kept = append(kept, digest)
		}
	}
	n := len(kept)
	if _, err := os.Stat(v.place.beside("files")); errors.Is(err, fs.ErrNotExist) {
		if done.Files = &n; n > 0 {
			done.Others = append(done.Others, finding{Code: "file.missing", Place: v.place.beside("files"), Text: fmt.Sprintf("没有附件目录，账本上有 %d 个附件", n)})
		}
		return nil
	}
	directory, err := attachments.Open(v.place.beside("files"))
	if forbidden(err) {
		done.leaveOut("附件：没有读 %s 的权限", v.place.beside("files"))
		return nil
	}
	if err != nil {
		return err
	}
	found, err := verify.Files(ctx, directory, kept, judge)
	done.Files, done.Others = &n, append(done.Others, found...)
	return err
}

// deposits yields the digests of files that have a stream.
func deposits(ctx context.Context, store eventstore.Store) func(func(string, error) bool) {
	return func(yield func(string, error) bool) {
		indexed, ok := store.(eventstore.Indexed)
		if !ok {
			return
		}
		for named, err := range indexed.ReadNamed(ctx) {
			if errors.As(err, new(*eventstore.Fault)) { // told of already
				continue
			}
			if digest, ok := attachment.Digest(named.Name); (ok || err != nil) && !yield(digest, err) {
				return
			}
		}
	}
}

// replay fills the tables anew in a file that is thrown away, and compares.
func (v verifying) replay(ctx context.Context, store eventstore.Store, done *verification, errs io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "wenxiao-verify-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	scratch, err := projections.OpenDB(ctx, "sqlite:"+filepath.Join(folder, "views"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	address, err := v.liveTables(folder)
	if forbidden(err) {
		done.leaveOut("查询表：没有读 %s 的权限", v.views())
		return nil
	}
	if err != nil {
		return err
	}
	live, err := projections.OpenDB(ctx, address)
	if err != nil {
		done.Others = append(done.Others, finding{Code: "table.unreadable", Place: v.views(), Text: fmt.Sprintf("查询表打不开：%v；用 wenxiao rebuild 重建", err)})
		return nil
	}
	defer func() { err = errors.Join(err, live.Close()) }()
	bar := progress(errs, -1, "重算查询表 (replaying)")
	runner := projections.NewRunner(live, store, newLog(io.Discard), projections.All()...)
	differences, at, err := runner.Compare(ctx, scratch, func(done, of eventstore.Position) {
		bar.ChangeMax64(int64(of))
		_ = bar.Set64(int64(done))
	})
	_ = bar.Finish()
	for _, d := range differences {
		place := d.Table
		if d.Column != "" {
			place += "." + d.Column
		}
		if d.Key != "" {
			place += "（" + d.Key + "）"
		}
		done.Others = append(done.Others, finding{Code: "table.differs", Place: "查询表 " + place, Text: d.Text + "；wenxiao rebuild 可由账本重建"})
	}
	if done.Tables = fmt.Sprintf("比对到账本位置 %d", at); at == 0 && len(differences) == 0 {
		done.Tables = "还没有，第一次查询时由账本建立"
	}
	if err != nil && ctx.Err() == nil {
		done.Others = append(done.Others, finding{Code: "table.unreplayed", Place: "查询表", Text: fmt.Sprintf("由账本重算不下去：%v", err)})
		return nil
	}
	return err
}

// liveTables is where the tables are read: a copy in folder where SQLite could not
// open them as they lie.
func (v verifying) liveTables(folder string) (address string, err error) {
	path, ok := v.path()
	if path += ".views"; !ok || changeable(path) {
		return v.views(), nil
	}
	copied := filepath.Join(folder, "live")
	for _, part := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + part)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(copied+part, b, 0o600)
		}
		if err != nil {
			return "", err
		}
	}
	return "sqlite:" + copied, nil
}

// print says all of it in words.
func (done verification) print(w io.Writer, v verifying, spent time.Duration) {
	r := done.Records
	line := func(what, format string, args ...any) { fmt.Fprintf(w, what+"  "+format+"\n", args...) }
	line("账本 (ledger)", "%s", done.Ledger)
	line("记录 (records)", "%d 件，%d 条记录流；本次从 %d 起，用时 %s，每秒 %.0f 件", r.Size, r.Streams, r.From+1, spent.Round(time.Millisecond), float64(r.Size-r.From)/spent.Seconds())
	line("树根 (root)", "%s", r.Root)
	line("核过 (checked)", "%s", strings.Join(r.Checks(), "、"))
	if len(done.NotCovered) > 0 {
		line("没有核 (left out)", "%s", strings.Join(done.NotCovered, "；"))
	}
	for _, h := range done.Heads {
		line("检查点 (signed)", "%s：前 %d 件，树根 %s%s", h.Name, h.Size, h.Root, proven(h))
	}
	if !done.Sealed && !v.signedSomething() {
		line("封存 (seal)", "%s", done.unsigned())
	}
	if done.Files != nil {
		line("附件 (files)", "%d 个", *done.Files)
	}
	if done.Tables != "" {
		line("查询表 (tables)", "%s", done.Tables)
	}
	for _, f := range append(append([]finding{}, r.Findings...), done.Others...) {
		line("问题 (problem)", "%s", f)
	}
	if more := r.Found - len(r.Findings); more > 0 {
		line("问题 (problem)", "另有 %d 处，没有逐一列出", more)
	}
	if done.Good {
		gloss := " (nothing found in what was read)"
		if r.From == 0 && done.Conclusion == r.Conclusion() {
			gloss = " (all is well)"
		}
		fmt.Fprintln(w, done.Conclusion+gloss)
	}
}

func proven(h signedHead) string {
	if h.Proof == nil {
		return ""
	}
	return fmt.Sprintf("；一致性证明 %d 个哈希", len(h.Proof))
}
