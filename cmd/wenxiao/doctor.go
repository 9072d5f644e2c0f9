package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"wenxiao/eventstore"
	"wenxiao/eventstore/verify"
	"wenxiao/projections"
)

func doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "体检：账本连续、哈希相符、查询表跟上 (is the ledger whole and the tables caught up)",
		Args:  exactly(0, "无"),
	}
	db := dbFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		ctx, out := cmd.Context(), cmd.OutOrStdout()
		printVersion(out, *db)
		found, err := examineRecords(ctx, *db, out, cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		ledger, err := db.read(ctx, cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, ledger.Close()) }()
		if err := tellLeader(ctx, ledger.Store, out); err != nil {
			return err
		}
		behind, err := examineTables(ctx, ledger, out)
		if err != nil {
			return err
		}
		unread, err := examineKeys(ctx, *db, ledger.Views, out)
		if err != nil {
			return err
		}
		if problems := found + behind + unread; problems > 0 {
			return fmt.Errorf("发现 %d 处问题 (problems found)", problems)
		}
		fmt.Fprintln(out, "没有发现问题 (all is well)")
		return nil
	}
	return cmd
}

func printVersion(w io.Writer, p place) {
	version := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	fmt.Fprintf(w, "程序 (program)  wenxiao %s，%s %s/%s\n账本 (ledger)   %s\n时钟 (clock)    %s\n",
		version, runtime.Version(), runtime.GOOS, runtime.GOARCH, p, beijing(time.Now()))
}

// examineRecords comes before the tables, which may not be able to follow a
// ledger that is damaged.
func examineRecords(ctx context.Context, p place, out, errs io.Writer) (problems int, err error) {
	store, err := p.openReader(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return examine(ctx, store, out, errs)
}

// examine verifies the records, what lies beside the ledger left aside.
func examine(ctx context.Context, store eventstore.Store, out, errs io.Writer) (problems int, err error) {
	bar := progress(errs, -1, "检查账本 (reading the ledger)")
	report, err := verify.Ledger(ctx, store, verify.Options{Progress: func(done, of eventstore.Position) {
		bar.ChangeMax64(int64(of))
		_ = bar.Set64(int64(done))
	}})
	_ = bar.Finish()
	if err != nil {
		return report.Found, err
	}
	fmt.Fprintf(out, "记录 (records)  %d 件，%d 条记录流\n", report.Size, report.Streams)
	for _, f := range report.Findings {
		fmt.Fprintf(out, "问题 (problem)  %s\n", f)
	}
	return report.Found, nil
}

// tellLeader says which of several processes leads the ledger, where there are
// several. That none does is no problem of the ledger's: none may be running; nor
// that it cannot be reached from here, where no server may be.
func tellLeader(ctx context.Context, store eventstore.Store, out io.Writer) error {
	shared, ok := store.(eventstore.Shared)
	if !ok {
		return nil
	}
	now, err := shared.Leader(ctx)
	switch {
	case err != nil:
		return err
	case now.Epoch == 0:
		fmt.Fprintln(out, "主持 (leader)   没有进程在主持记账 (nobody leads: no server is running)")
	default:
		fmt.Fprintf(out, "主持 (leader)   %s，自 %s，第 %d 任，在 %s 接收转来的记录\n", now.Name, beijing(now.Since), now.Epoch, now.Address)
	}
	err = reach(ctx, store)
	if away := new(eventstore.Unreachable); errors.As(err, &away) {
		fmt.Fprintf(out, "提醒 (note)     %v。这台机器不运行 wenxiao serve 的，不必管\n", away)
		return nil
	}
	return err
}

func examineTables(ctx context.Context, ledger *reading, out io.Writer) (problems int, err error) {
	marks, err := ledger.Runner.Marks(ctx)
	if err != nil {
		return 0, err
	}
	for _, m := range marks {
		switch {
		case m.Stopped != "":
			problems++
			fmt.Fprintf(out, "问题 (problem)  查询表 %s 停在 %d：%s\n", m.Name, m.Position, m.Stopped)
		case m.Position < m.Head:
			problems++
			fmt.Fprintf(out, "问题 (problem)  查询表 %s 在 %d，账本在 %d\n", m.Name, m.Position, m.Head)
		}
	}
	fmt.Fprintf(out, "查询表 (tables) %d 张，账本位置 %d\n", len(marks), headOf(marks))
	return problems, nil
}

func headOf(marks []projections.Mark) eventstore.Position {
	if len(marks) == 0 {
		return 0
	}
	return marks[0].Head
}
