package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

func replayCommand() *cobra.Command {
	var at string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "replay PROGRAMME[/YEAR]",
		Short: "回到某一刻：当时的表，谁刚办了什么 (the form as it was at a moment)",
		Args:  exactly(1, "PROGRAMME，如 401002-venue/2025"),
	}
	db := dbFlag(cmd)
	cmd.Flags().StringVar(&at, "at", "", "账本位置或时间 (position, or time as 2026-01-31T10:00:00+08:00)；空为现在")
	cmd.Flags().BoolVar(&asJSON, "json", false, "供程序读取 (for programs)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withHistory(cmd, db, args[0], func(h history) error {
			position, err := h.position(cmd.Context(), at)
			if err != nil {
				return err
			}
			moment, err := projections.MomentAt(h.records, h.year, position)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), moment)
			}
			printMoment(cmd.OutOrStdout(), moment)
			return nil
		})
	}
	return cmd
}

func diffCommand() *cobra.Command {
	var from, to string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "diff PROGRAMME[/YEAR]",
		Short: "两个时刻之间变了什么，谁改的 (what changed between two moments, and who changed it)",
		Args:  exactly(1, "PROGRAMME，如 401002-venue/2025"),
	}
	db := dbFlag(cmd)
	cmd.Flags().StringVar(&from, "from", "", "起：账本位置或时间 (from)；必填")
	cmd.Flags().StringVar(&to, "to", "", "止：账本位置或时间 (to)；空为现在")
	cmd.Flags().BoolVar(&asJSON, "json", false, "供程序读取 (for programs)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if from == "" {
			return usage("须用 --from 指明起点")
		}
		return withHistory(cmd, db, args[0], func(h history) error {
			changes, err := h.diff(cmd.Context(), from, to)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), changes)
			}
			for _, c := range changes {
				printChange(cmd.OutOrStdout(), c)
			}
			if len(changes) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "两个时刻之间没有变化")
			}
			return nil
		})
	}
	return cmd
}

// history is the records behind one programme's year.
type history struct {
	*reading
	records []eventstore.Record
	year    domain.FiscalYear
}

func withHistory(cmd *cobra.Command, db *place, programme string, work func(history) error) (err error) {
	ctx := cmd.Context()
	ledger, err := db.read(ctx, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	code, year, err := ledger.programme(ctx, programme)
	if err != nil {
		return err
	}
	streams, err := ledger.Views.YearStreams(ctx, code, year)
	if err != nil {
		return err
	}
	records, err := projections.ReadHistory(ctx, ledger.Store, streams)
	if err != nil {
		return err
	}
	return work(history{ledger, records, year})
}

// programme reads CODE or CODE/YEAR; without a year it takes the latest.
func (r *reading) programme(ctx context.Context, arg string) (domain.ProgrammeCode, domain.FiscalYear, error) {
	name, rest, given := strings.Cut(arg, "/")
	code := domain.ProgrammeCode(name)
	years, err := r.Views.ProgrammeYears(ctx, code)
	if err != nil && !errors.Is(err, projections.ErrNotFound) {
		return "", 0, err
	}
	if len(years) == 0 {
		return "", 0, domain.Refusal{Code: "programme.unknown", Reason: fmt.Sprintf("账本里没有项目 %s", name)}
	}
	latest := years[0]
	for _, y := range years {
		if given && strconv.Itoa(int(y)) == rest {
			return code, y, nil
		}
		latest = max(latest, y)
	}
	if given {
		return "", 0, domain.Refusal{Code: "programme.unknown-year", Reason: fmt.Sprintf("项目 %s 没有 %s 年度；有 %v", name, rest, years)}
	}
	return code, latest, nil
}

// position reads --at: a position, a time, or nothing for the present.
func (h history) position(ctx context.Context, at string) (eventstore.Position, error) {
	if at == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(at, 10, 64); err == nil {
		return eventstore.Position(n), nil
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return 0, domain.Refusal{Code: "moment.malformed", Reason: fmt.Sprintf("“%s”不是账本位置，也不是 2026-01-31T10:00:00+08:00 这样的时间", at)}
	}
	return h.Views.PositionAt(ctx, t)
}

func (h history) diff(ctx context.Context, from, to string) ([]projections.Change, error) {
	var ends [2]projections.Moment
	for i, at := range []string{from, to} {
		position, err := h.position(ctx, at)
		if err != nil {
			return nil, err
		}
		if ends[i], err = projections.MomentAt(h.records, h.year, position); err != nil {
			return nil, err
		}
	}
	return projections.Diff(ends[0], ends[1]), nil
}

func printMoment(w io.Writer, m projections.Moment) {
	fmt.Fprintf(w, "%s %d 年度\n第 %d / %d 件，账本位置 %d，%s\n%s\n\n", m.Programme.Name, m.Year, m.Index, m.Count, m.Position, beijing(m.Entry.RecordedAt), m.Entry.Sentence)
	printCells(w, m.Head)
	for _, f := range []*projections.Form{m.Goal, m.Evaluation} {
		if f != nil {
			printForm(w, *f)
		}
	}
}

func printForm(w io.Writer, f projections.Form) {
	fmt.Fprintf(w, "\n【%s】第 %d 版\n", f.Title, f.Version)
	printCells(w, f.Head)
	for _, row := range f.Rows {
		var cells []string
		for _, c := range row.Cells {
			if c.Value != "" || c.Changed {
				cells = append(cells, cellText(c))
			}
		}
		fmt.Fprintf(w, "  %s  %s\n", row.Row, strings.Join(cells, " | "))
	}
}

func printCells(w io.Writer, cells []projections.Cell) {
	for _, c := range cells {
		if c.Value != "" || c.Changed {
			fmt.Fprintf(w, "  %s：%s\n", c.Label, cellText(c))
		}
	}
}

// cellText marks a cell that this very moment changed.
func cellText(c projections.Cell) string {
	if c.Changed {
		return fmt.Sprintf("▲%s（原 %s）", c.Value, dash(c.Was))
	}
	return c.Value
}

func dash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

func printChange(w io.Writer, c projections.Change) {
	fmt.Fprintf(w, "%s：%s → %s\n    %s %s，账本位置 %d", c.Label, dash(c.From), dash(c.To), beijing(c.At.Effective), c.By.Name, c.Position)
	if c.Reason != "" {
		fmt.Fprintf(w, "，理由：%s", c.Reason)
	}
	if c.Late {
		fmt.Fprint(w, "〔补录〕")
	}
	fmt.Fprintln(w)
}
