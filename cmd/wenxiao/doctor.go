package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"wenxiao/eventstore"
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
		ledger, err := db.read(ctx, cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, ledger.Close()) }()
		found, err := examine(ctx, ledger.Store, out, cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		behind, err := examineTables(ctx, ledger, out)
		if err != nil {
			return err
		}
		if err := examineKeys(ctx, *db, ledger.Views, out); err != nil {
			return err
		}
		if found+behind > 0 {
			return fmt.Errorf("发现 %d 处问题 (problems found)", found+behind)
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

// examine reads the whole ledger and says what is wrong with it: positions and
// revisions without gap, data matching its hash, time never running back, every
// stream found whole under its name.
func examine(ctx context.Context, store eventstore.Store, out, errs io.Writer) (problems int, err error) {
	head, err := store.Head(ctx)
	if err != nil {
		return 0, err
	}
	bar := progress(errs, int64(head), "检查账本 (reading the ledger)")
	var x examination
	for r, err := range store.ReadAll(ctx, 0) {
		if err != nil {
			return x.problems, err
		}
		if wrong := x.see(r); wrong != "" {
			fmt.Fprintf(out, "问题 (problem)  账本位置 %d：%s\n", r.Position, wrong)
		}
		_ = bar.Add(1)
	}
	fmt.Fprintf(out, "记录 (records)  %d 件，%d 条记录流\n", x.last, len(x.revisions))
	if x.last != head {
		x.problems++
		fmt.Fprintf(out, "问题 (problem)  账本末位应为 %d，只读到 %d\n", head, x.last)
	}
	for _, stream := range slices.Sorted(maps.Keys(x.revisions)) {
		found, err := revisions(ctx, store, stream)
		if err != nil {
			return x.problems, err
		}
		if found != x.revisions[stream] {
			x.problems++
			fmt.Fprintf(out, "问题 (problem)  %s 有 %d 件，按名只找到 %d 件：索引与封套不符\n", stream, x.revisions[stream], found)
		}
	}
	return x.problems, nil
}

// revisions counts the records that the store's index finds of a stream and that
// are of it by their own envelopes.
func revisions(ctx context.Context, store eventstore.Store, stream string) (n eventstore.Revision, err error) {
	for r, err := range store.ReadStream(ctx, stream, 0) {
		if err != nil {
			return n, err
		}
		if r.Stream == stream && r.Revision == n+1 {
			n++
		}
	}
	return n, nil
}

// examination is what has been read so far.
type examination struct {
	last      eventstore.Position
	at        time.Time
	revisions map[string]eventstore.Revision
	problems  int
}

// see returns what is wrong with the next record, or "".
func (x *examination) see(r eventstore.Record) (wrong string) {
	if x.revisions == nil {
		x.revisions = map[string]eventstore.Revision{}
	}
	sum := sha256.Sum256(r.Data)
	switch {
	case r.Position != x.last+1:
		wrong = fmt.Sprintf("前一件在 %d，中间缺号", x.last)
	case r.Revision != x.revisions[r.Stream]+1:
		wrong = fmt.Sprintf("%s 的版次是 %d，前一件是 %d", r.Stream, r.Revision, x.revisions[r.Stream])
	case hex.EncodeToString(sum[:]) != r.DataHash:
		wrong = "内容与其哈希不符"
	case r.RecordedAt.Before(x.at):
		wrong = "记录时间早于前一件"
	}
	x.last, x.at, x.revisions[r.Stream] = r.Position, r.RecordedAt, r.Revision
	if wrong != "" {
		x.problems++
	}
	return wrong
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
