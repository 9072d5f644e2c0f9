package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"wenxiao/eventstore"
	"wenxiao/projections"
)

func rebuildCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "由账本重建全部查询表 (fill every table for reading anew from the ledger)",
		Long: `查询表都可由账本重建：先在旁边填好，再一次换上，期间照常查询。
Fills beside the live tables and swaps; the server may go on serving meanwhile.`,
		Args: exactly(0, "无"),
	}
	db := dbFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		ctx := cmd.Context()
		store, err := db.openReader(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, store.Close()) }()
		tables, err := projections.OpenDB(ctx, db.views())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, tables.Close()) }()
		runner := projections.NewRunner(tables, store, newLog(cmd.ErrOrStderr()), projections.All()...)
		bar := progress(cmd.ErrOrStderr(), -1, "重建 (rebuild)")
		started := time.Now()
		var last eventstore.Position
		err = runner.Rebuild(ctx, func(done, head eventstore.Position) {
			last = done
			bar.ChangeMax64(int64(head))
			_ = bar.Set64(int64(done))
		})
		if err != nil {
			return err
		}
		spent := time.Since(started)
		fmt.Fprintf(cmd.OutOrStdout(), "已重建到账本位置 %d，用时 %s，每秒 %.0f 件\n", last, spent.Round(time.Millisecond), float64(last)/spent.Seconds())
		return nil
	}
	return cmd
}
