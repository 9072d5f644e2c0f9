package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wenxiao/api/evidence"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments"
	"wenxiao/eventstore/disk"
	"wenxiao/eventstore/seal"
	"wenxiao/eventstore/vault"
	"wenxiao/projections"
)

// asking is what the flags of the evidence command say.
type asking struct {
	*place
	year             int
	personal         bool
	person, query    string
	from, to         string
	at, by, on, file string
	filter           projections.TrailFilter
	cmd              *cobra.Command

	guessed string // a word that names nobody and nothing: it is looked for in what was recorded
}

func evidenceCommand() *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:   "evidence [PROGRAMME[/YEAR]|PERSON|QUERY]",
		Short: "取证单：记录、附件、证明和说明，一个压缩包 (an evidence bundle that an auditor can keep)",
		Long: `取出一个项目、一个人或一组查询条件的全部记录，连同附件、回执、检查点、说明和四性检测报告，成一个压缩包。
参数先当作项目编码，再当作人员或参与人编号，都不是时取内容含它的记录，并这样说明；一件也没有，退出码为 1。
收到的人用 wenxiao evidence check 核对，不需要账本。
Records, attachments, receipts, checkpoint, policy and an account for people, as one zip; same ledger and request, same bytes.`,
		Example: "  wenxiao evidence 401002-venue --year 2025 -o 取证单.zip\n  wenxiao evidence --person p03 -o 取证单.zip\n  wenxiao evidence --query 退回 --from 2025-01-01 -o 取证单.zip",
		Args:    atMost(1),
	}
	a.place = dbFlag(cmd)
	f := cmd.Flags()
	f.IntVar(&a.year, "year", 0, "项目的年度；不写即全部 (one budget year)")
	f.StringVar(&a.person, "person", "", "人员编号，或参与人编号 (a person across posts and years, or a participant)")
	f.StringVar(&a.query, "query", "", "内容含这些词的记录 (records whose sentence has these words)")
	f.StringVar((*string)(&a.filter.Unit), "unit", "", "查询：经办单位 (unit)")
	f.StringVar(&a.filter.Type, "type", "", "查询：事件类型，如 goal.returned.v1 或 goal (event type)")
	f.StringVar(&a.from, "from", "", "查询：记录日自 (recorded from, 2026-01-31)")
	f.StringVar(&a.to, "to", "", "查询：记录日至 (recorded to)")
	f.BoolVar(&a.filter.LateOnly, "late", false, "查询：只取补录 (late entries only)")
	f.StringVar(&a.at, "at", "", "账本当时的样子：位置或时间 (as the ledger was then)")
	f.BoolVar(&a.personal, "personal", false, "用密钥读出专家、意见人、受益人的个人信息，写进说明 (with what the keys of private persons open)")
	f.StringVar(&a.by, "by", "", "取证人，写进说明 (who asks; default the user of this machine)")
	f.StringVar(&a.on, "on", "", "取证时间；不写即现在。重做同一份取证单时给出 (when asked, to make the same bundle again)")
	f.StringVarP(&a.file, "output", "o", "", "写入文件；不写即按内容取名 (write to a file)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a.cmd = cmd
		return a.run(cmd.Context(), args)
	}
	cmd.AddCommand(evidenceCheckCommand())
	return cmd
}

func (a *asking) run(ctx context.Context, args []string) (err error) {
	ledger, err := a.read(ctx, a.cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	request, err := a.request(ctx, ledger, args)
	if err != nil {
		return err
	}
	src, err := a.source(ctx, ledger, request.At)
	if err != nil {
		return err
	}
	if request.On.IsZero() {
		request.On = time.Now() // not before what sealing has just recorded
	}
	if request.Personal = a.personal; a.personal {
		if src.Keys, err = vault.Open(ctx, a.beside("keys")); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, src.Keys.Close()) }()
		if _, err := forget(ctx, src.Keys, ledger.Views); err != nil { // the keys may come from a backup
			return err
		}
	}
	made, path, err := a.make(ctx, src, request)
	if err != nil {
		return a.nothing(err)
	}
	out := a.cmd.OutOrStdout()
	if a.guessed != "" {
		fmt.Fprintf(out, "账本里没有编号为 %s 的项目、人员或参与人，取内容含这些词的记录 (no such id: records with these words)\n", a.guessed)
	}
	fmt.Fprintf(out, "取证单 (bundle)  %s\n%s，账本位置 %d 为止，记录 %d 件，文件 %d 个\n", path, made.Title(), made.At, made.Report.Records, made.Files)
	printProperties(out, made.Report)
	return nil
}

// nothing says of a bundle that would be empty what was looked for. The question
// was a good one: that is an answer, not a wrong call.
func (a *asking) nothing(err error) error {
	no := domain.Refusal{}
	if !errors.As(err, &no) || no.Code != "evidence.nothing" {
		return err
	}
	if no.Reason += " (nothing found)"; a.guessed != "" {
		no.Reason = fmt.Sprintf("账本里没有编号为 %s 的项目、人员或参与人；%s", a.guessed, no.Reason)
	}
	return answer{no}
}

// request puts what was asked for into one request.
func (a *asking) request(ctx context.Context, ledger *reading, args []string) (r evidence.Request, err error) {
	if r.On, err = a.when(); err != nil {
		return r, err
	}
	if r.At, err = a.position(ctx, ledger); err != nil {
		return r, err
	}
	if a.filter.Recorded.From, err = optionalDay(a.from); err != nil {
		return r, err
	}
	if a.filter.Recorded.To, err = optionalDay(a.to); err != nil {
		return r, err
	}
	r.By = evidence.Asker{Username: cmp.Or(a.by, machineUser())}
	a.filter.Text = strings.TrimSpace(a.query)
	narrowed := a.filter != projections.TrailFilter{}
	word := strings.TrimSpace(strings.Join(args, ""))
	switch given := flag(word != "") + flag(a.person != "") + flag(narrowed); {
	case given != 1:
		return r, usage("须给出一个 PROGRAMME、PERSON 或 QUERY，或 --person，或 --query 等查询条件，取其一")
	case a.person != "":
		r.Person = a.person
	case narrowed:
		r.Query = &a.filter
	default:
		err = a.guess(ctx, ledger, word, &r)
	}
	if err == nil && a.year != 0 && r.Programme == "" {
		return r, usage("--year 只用于项目")
	}
	r.Year = cmp.Or(r.Year, domain.FiscalYear(a.year))
	return r, err
}

func flag(set bool) int {
	if set {
		return 1
	}
	return 0
}

// guess takes a word for a programme, a person, or words to look for, whichever
// the ledger knows first.
func (a *asking) guess(ctx context.Context, ledger *reading, word string, r *evidence.Request) error {
	code, _, withYear := strings.Cut(word, "/")
	known, err := ledger.Views.ProgrammeStreams(ctx, domain.ProgrammeCode(code))
	if err != nil {
		return err
	}
	if len(known) > 0 {
		r.Programme = domain.ProgrammeCode(code)
		if withYear {
			_, r.Year, err = ledger.programme(ctx, word)
		}
		return err
	}
	_, err = ledger.Views.PersonChain(ctx, word, 0)
	if errors.Is(err, projections.ErrNotFound) {
		_, err = ledger.Views.Participant(ctx, word)
	}
	switch {
	case err == nil:
		r.Person = word
	case errors.Is(err, projections.ErrNotFound) && a.year != 0:
		err = answer{domain.Refusal{Code: "programme.unknown", Reason: fmt.Sprintf("账本里没有项目 %s (no such programme)", word)}}
	case errors.Is(err, projections.ErrNotFound):
		a.guessed, r.Query, err = word, &projections.TrailFilter{Text: word}, nil
	}
	return err
}

// when is the moment that was given, or none.
func (a *asking) when() (time.Time, error) {
	if a.on == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, a.on)
	if err != nil {
		err = domain.Refusal{Code: "moment.malformed", Field: "--on", Reason: fmt.Sprintf("“%s”不是 2026-01-31T10:00:00+08:00 这样的时间", a.on)}
	}
	return t, err
}

func (a *asking) position(ctx context.Context, ledger *reading) (eventstore.Position, error) {
	if a.at == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(a.at, 10, 63); err == nil {
		return eventstore.Position(n), nil
	}
	t, err := time.Parse(time.RFC3339, a.at)
	if err != nil {
		return 0, domain.Refusal{Code: "moment.malformed", Field: "--at", Reason: fmt.Sprintf("“%s”不是账本位置，也不是 2026-01-31T10:00:00+08:00 这样的时间", a.at)}
	}
	at, err := ledger.Views.PositionAt(ctx, t)
	if err == nil && at == 0 {
		err = domain.Refusal{Code: "evidence.nothing", Field: "--at", Reason: fmt.Sprintf("%s 时账本里还没有记录", a.at)}
	}
	return at, err
}

func machineUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "命令行"
}

// source is what bundles are made from: the ledger as far as it is signed. Where
// nobody else has the keys it is signed now. Where nothing can be signed any more
// there are bundles as of a position that was: at is 0 for the last.
func (a *asking) source(ctx context.Context, ledger *reading, at eventstore.Position) (evidence.Source, error) {
	head, err := ledger.Head(ctx)
	if err != nil {
		return evidence.Source{}, err
	}
	c, err := a.covering(ctx, ledger.Store, head)
	switch no := (domain.Refusal{}); {
	case !errors.As(err, &no):
	case no.Code == "seal.in-use": // a server has them and signs every second
		if c, err = a.tiles().Published(); errors.Is(err, fs.ErrNotExist) {
			c, err = seal.Checkpoint{}, nil
		}
	case no.Code == notCovered && at > 0:
		if signed, covered, unread := a.covers(at); covered || unread != nil {
			c, err = signed, unread
		}
	}
	if err != nil {
		return evidence.Source{}, err
	}
	policy, err := a.policy()
	if err != nil {
		return evidence.Source{}, err
	}
	files, err := attachments.Open(a.beside("files"))
	return evidence.Source{Store: ledger.Store, Views: ledger.Views, Tiles: a.tiles(), Checkpoint: c, Policy: policy, Files: files}, err
}

// make writes the bundle beside its place first: one that is there is whole.
func (a *asking) make(ctx context.Context, src evidence.Source, r evidence.Request) (made evidence.Made, path string, err error) {
	dir := "."
	if a.file != "" {
		dir = filepath.Dir(a.file)
	}
	f, err := os.CreateTemp(dir, ".evidence-*.part")
	if err != nil {
		return made, "", err
	}
	defer os.Remove(f.Name())
	bar := progress(a.cmd.ErrOrStderr(), -1, "取证 (gathering)")
	made, err = evidence.Make(ctx, src, r, f, func(done, all int) {
		bar.ChangeMax(all)
		_ = bar.Set(done)
	})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return made, "", err
	}
	path = cmp.Or(a.file, made.Name())
	if err := os.Rename(f.Name(), path); err != nil {
		return made, path, err
	}
	return made, path, disk.SyncFolder(dir)
}

func evidenceCheckCommand() *cobra.Command {
	var policyFile string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check FILE.zip --policy FILE",
		Short: "核对取证单，不需要账本 (check a bundle without the ledger)",
		Long: `核对一份取证单：包有没有被改，记录是不是在签过名的账本里，该有的是不是都有。
策略文件写明信谁的钥匙，须从别处得到。全部通过退出码 0；有一项不通过，或不是取证单，为 1。`,
		Args: exactly(1, "FILE.zip"),
	}
	cmd.Flags().StringVar(&policyFile, "policy", "", "策略文件 (whom to believe)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "供程序读取 (for programs)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if policyFile == "" {
			return usage("须用 --policy 给出策略文件：信谁的钥匙不能由取证单自己说")
		}
		report, err := checkBundle(cmd, args[0], policyFile)
		if err != nil {
			return err
		}
		if asJSON {
			err = printJSON(cmd.OutOrStdout(), report)
		} else {
			printBundle(cmd.OutOrStdout(), report)
		}
		if failed := report.Failed(); err == nil && failed > 0 {
			err = fmt.Errorf("有 %d 项不通过 (checks failed)", failed)
		}
		return err
	}
	return cmd
}

func checkBundle(cmd *cobra.Command, path, policyFile string) (report evidence.Report, err error) {
	text, err := os.ReadFile(policyFile)
	if err != nil {
		return report, err
	}
	policy, err := seal.ParsePolicy(text)
	if err != nil {
		return report, fileError{policyFile, err}
	}
	f, err := os.Open(path)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return report, err
	}
	bar := progress(cmd.ErrOrStderr(), -1, "核对 (checking)")
	report, err = evidence.Check(cmd.Context(), f, info.Size(), policy, func(done, all int) {
		bar.ChangeMax(all)
		_ = bar.Set(done)
	})
	if err != nil { // of the bundle too: it was asked whether it is one
		err = fileError{path, answer{err}}
	}
	return report, err
}

func printProperties(w io.Writer, r evidence.Report) {
	if r.Demo {
		fmt.Fprintln(w, "  演示账本，不能用作证据 (a demonstration: evidence of nothing)")
	}
	for _, property := range evidence.Properties {
		fmt.Fprintf(w, "  %s  %s\n", property, r.Outcome(property))
	}
	for _, c := range r.Checks {
		for _, f := range c.Faults {
			fmt.Fprintf(w, "  不通过 (failed)  %s %s：%s  %s\n", c.ID, c.Asks, f.Place, f.What)
		}
		for _, f := range c.Noted {
			fmt.Fprintf(w, "  没有核对 (not checked)  %s %s：%s  %s\n", c.ID, c.Asks, f.Place, f.What)
		}
		if c.More > 0 {
			fmt.Fprintf(w, "  %s 另有 %d 处 (more)\n", c.ID, c.More)
		}
	}
}

func printBundle(w io.Writer, r evidence.Report) {
	fmt.Fprintf(w, "取证单 (bundle)  %s\n账本 (ledger)    %s，位置 %d 为止，记录 %d 件\n取证 (asked)     %s，%s\n检查点 (signed)  共 %d 件，根 %s，签名 %s，见证 %s\n\n",
		r.Subject, r.Origin, r.At, r.Records, r.By, beijing(r.On), r.Tree, r.Root, orNone(r.SignedBy), orNone(r.Witnesses))
	for _, c := range r.Checks {
		fmt.Fprintf(w, "%s  %s  %s  %s\n", c.ID, c.Outcome, c.Asks, c.Evidence)
	}
	fmt.Fprintln(w)
	printProperties(w, r)
}
