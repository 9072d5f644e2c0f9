package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

func logCommand() *cobra.Command {
	var filter projections.TrailFilter
	var asJSON, oldest bool
	var from, to string
	cmd := &cobra.Command{
		Use:   "log",
		Short: "审计轨迹：每件事一句话 (the audit trail, one sentence an event)",
		Args:  exactly(0, "无"),
	}
	db := dbFlag(cmd)
	f := cmd.Flags()
	f.StringVar(&filter.Text, "text", "", "内容含 (words in it, two characters are enough)")
	f.StringVar(&filter.Person, "person", "", "经办人 (person id)")
	f.StringVar((*string)(&filter.Unit), "unit", "", "单位编码 (unit)")
	f.StringVar((*string)(&filter.Programme), "programme", "", "项目编码 (programme)")
	f.StringVar(&filter.Type, "type", "", "事件类型，如 goal.returned.v1 (event type)")
	f.StringVar(&from, "from", "", "记录日自 (recorded from, 2026-01-31)")
	f.StringVar(&to, "to", "", "记录日至 (recorded to)")
	f.BoolVar(&filter.LateOnly, "late", false, "只看补录 (late entries only)")
	f.IntVar(&filter.Limit, "limit", 50, "最多几条 (at most)")
	f.BoolVar(&oldest, "oldest-first", false, "自早至晚 (oldest first)")
	f.BoolVar(&asJSON, "json", false, "供程序读取 (for programs)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var err error
		if filter.Recorded.From, err = optionalDay(from); err != nil {
			return err
		}
		if filter.Recorded.To, err = optionalDay(to); err != nil {
			return err
		}
		filter.Ascending = oldest
		return printLog(cmd.Context(), db, cmd.OutOrStdout(), cmd.ErrOrStderr(), filter, asJSON)
	}
	return cmd
}

func optionalDay(s string) (domain.Day, error) {
	if s == "" {
		return "", nil
	}
	return domain.ParseDay(s)
}

func printLog(ctx context.Context, db *place, out, errs io.Writer, filter projections.TrailFilter, asJSON bool) error {
	ledger, err := db.read(ctx, errs)
	if err != nil {
		return err
	}
	defer ledger.Close()
	trail, err := ledger.Views.Trail(ctx, filter)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(out, trail)
	}
	for _, e := range trail.Entries {
		printEntry(out, e)
	}
	if trail.More {
		fmt.Fprintf(out, "（还有更多，用 --limit 或加条件；more: raise --limit or narrow the search）\n")
	}
	return nil
}

func printEntry(w io.Writer, e projections.Entry) {
	fmt.Fprintf(w, "%7d  %s  %s%s\n", e.Position, beijing(e.EffectiveAt), e.Sentence, marks(e))
}

// marks says in words what is unusual about an event.
func marks(e projections.Entry) string {
	var words []string
	if e.Late {
		words = append(words, "补录于 "+beijing(e.RecordedAt))
	}
	if e.Corrects != "" {
		words = append(words, "更正")
	}
	if len(words) == 0 {
		return ""
	}
	return "〔" + strings.Join(words, "，") + "〕"
}

func showCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show STREAM",
		Short: "一条记录流的原文 (the exact records of one stream, such as goal-401002-venue-2025)",
		Args:  exactly(1, "STREAM"),
	}
	db := dbFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "供程序读取 (for programs)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		store, err := db.openReader(cmd.Context())
		if err != nil {
			return err
		}
		defer store.Close()
		records, err := collect(store.ReadStream(cmd.Context(), args[0], 0))
		switch {
		case err != nil:
			return err
		case len(records) == 0:
			return domain.Refusal{Code: "stream.empty", Reason: fmt.Sprintf("账本里没有记录流 %s", args[0])}
		case asJSON:
			return printJSON(cmd.OutOrStdout(), exact(records))
		}
		for _, r := range records {
			printRecord(cmd.OutOrStdout(), r)
		}
		return nil
	}
	return cmd
}

func printRecord(w io.Writer, r eventstore.Record) {
	fmt.Fprintf(w, "# 版次 %d，账本位置 %d，%s\n%s\n%s\n\n", r.Revision, r.Position, beijing(r.RecordedAt), r.Envelope, r.Data)
}
