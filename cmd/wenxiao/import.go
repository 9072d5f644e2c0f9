package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"wenxiao/cmd/wenxiao/intake"
	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/eventstore"
)

func importCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "import FILE…",
		Short: "公开表入账，附来源 (enter published tables with their source)",
		Long: `把公开的绩效表变为账本记录：单位、项目、目标、批复、预算、执行、自评和算术校核，每件都附来源。
重复导入同一张表不会重复入账。
Importing the same table again changes nothing.`,
		Args: atLeast(1, "FILE"),
	}
	db := dbFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "供程序读取 (for programs)")
	cmd.RunE = func(cmd *cobra.Command, files []string) error {
		tables := make([][]published.Table, len(files))
		for i, file := range files { // all are read before anything is entered
			var err error
			if tables[i], err = readTables(cmd.InOrStdin(), file); err != nil {
				return fileError{file, err}
			}
		}
		return importAll(cmd.Context(), db, files, tables, cmd.OutOrStdout(), cmd.ErrOrStderr(), asJSON)
	}
	return cmd
}

func importAll(ctx context.Context, db *place, files []string, tables [][]published.Table, out, errs io.Writer, asJSON bool) (err error) {
	store, err := db.openStore(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	var all []intake.Entered
	for i, file := range files {
		entered, err := enter(ctx, store, tables[i], errs)
		if err != nil {
			return fileError{file, err}
		}
		all = append(all, entered...)
	}
	if asJSON {
		return printJSON(out, all)
	}
	for _, e := range all {
		printEntered(out, e)
	}
	return nil
}

// enter enters tables one by one, with progress.
func enter(ctx context.Context, store eventstore.Store, tables []published.Table, errs io.Writer) ([]intake.Entered, error) {
	in := intake.Intake{Store: store, Today: domain.DayOf(time.Now())}
	bar := progress(errs, int64(len(tables)), "公开表 (published tables)")
	all := make([]intake.Entered, 0, len(tables))
	for _, t := range tables {
		e, err := in.Enter(ctx, t)
		if err != nil {
			return all, err
		}
		all = append(all, e)
		_ = bar.Add(1)
	}
	return all, nil
}

func printEntered(w io.Writer, e intake.Entered) {
	fmt.Fprintf(w, "%s → %s %d：%s，入账 %d 件", e.Table, e.Programme, e.Year, e.Name, e.Added)
	if e.Added == 0 {
		fmt.Fprint(w, "（早已入账）")
	}
	if n := len(e.Findings); n > 0 {
		fmt.Fprintf(w, "，校核 %d 处", n)
	}
	for _, left := range e.Left {
		fmt.Fprintf(w, "；未入：%s", left)
	}
	fmt.Fprintln(w)
}
