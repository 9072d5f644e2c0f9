package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"wenxiao/api/accounts"
	"wenxiao/api/evidence"
	"wenxiao/cmd/wenxiao/intake"
	"wenxiao/cmd/wenxiao/story"
	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/domain/scoring"
	"wenxiao/domain/sealing"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments"
	"wenxiao/eventstore/vault"
)

func demoCommand() *cobra.Command {
	var addr, url, home string
	var loadOnly bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "装入真实公开表和示例市，打开网页 (load real tables and an invented city, serve pages)",
		Long: `装入 24 张真实公开的绩效表（实名、附来源，只作算术校核）和一座虚构的示例市
（申报、退回、批复、监控、自评、整改全过程，人员为化名），然后在本机打开网页。
默认每次用新的临时账本；加 --db 则保留。
Loads 24 real published tables and the invented city, then serves on loopback.`,
		Args: exactly(0, "无"),
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "监听地址，只限本机 (loopback only)")
	cmd.Flags().StringVar(&url, "db", "", "保留账本于 (keep the ledger at) sqlite:PATH 或 postgres://…")
	cmd.Flags().StringVar(&home, "home", os.Getenv("WENXIAO_HOME"), "PostgreSQL 账本的钥匙、公开日志和附件所在目录；空为新的临时目录 (directory of keys, log and files; a new temporary one if empty)")
	cmd.Flags().BoolVar(&loadOnly, "load-only", false, "只装入，不打开网页 (load and exit)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := onLoopback(addr); err != nil {
			return err
		}
		var listener net.Listener
		if !loadOnly {
			var err error
			if listener, err = listen(addr); err != nil {
				return err
			}
			defer listener.Close()
		}
		p, remove, err := demoPlace(url, home)
		if err != nil {
			return err
		}
		defer remove()
		if p.isPostgres() && home == "" {
			fmt.Fprintf(cmd.OutOrStdout(), "钥匙、公开日志和附件在 (home)  %s；再次打开这本账，加 --home %s\n", p.home, p.home)
		}
		return demo(cmd.Context(), p, listener, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}

// onLoopback refuses to show the demonstration, whose roles need no password,
// to other machines.
func onLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return usage("--addr 应如 127.0.0.1:8080，给的是 %q", addr)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return domain.Refusal{Code: "demo.not-loopback", Reason: fmt.Sprintf("演示账本免密码，只能在本机打开，不能监听 %s；正式使用请用 wenxiao serve", host), Field: "--addr"}
}

// demoPlace is where the demonstration is kept, and how to remove it after. What
// belongs to a ledger that stays, stays too: never in the folder one happens to
// be in.
func demoPlace(url, home string) (place, func(), error) {
	p := place{url: url, home: home}
	if url != "" && !(p.isPostgres() && home == "") {
		return p, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "wenxiao-demo-")
	if err != nil {
		return place{}, nil, err
	}
	if url != "" {
		p.home = dir
		return p, func() {}, nil
	}
	return place{url: "sqlite:" + filepath.Join(dir, "demo.db"), home: dir}, func() { os.RemoveAll(dir) }, nil
}

// demo loads the demonstration and, given a listener, serves it.
func demo(ctx context.Context, p place, listener net.Listener, out, errs io.Writer) (err error) {
	clock := new(story.Clock)
	site, err := openSite(ctx, p, clock.Now, errs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	if err := inventedToo(ctx, site.store); err != nil {
		return err
	}
	if err := layOut(ctx, site.server.Files); err != nil {
		return err
	}
	told, entered, err := load(ctx, site.store, site.keys, clock, errs)
	if err != nil {
		return err
	}
	if err := seatVisitors(ctx, site.accounts); err != nil {
		return err
	}
	if err := site.runner.CatchUp(ctx); err != nil {
		return err
	}
	tell(out, told, entered)
	if listener == nil {
		return nil
	}
	site.server.Demo = true
	return site.serve(ctx, listener, func(url string) {
		fmt.Fprintf(out, "\n打开 (open):  %s\n停止 (stop):  Ctrl+C\n", url)
	})
}

// inventedToo refuses a ledger on which somebody has acted in earnest: what is
// invented would stand in it for good.
func inventedToo(ctx context.Context, store eventstore.Store) error {
	begun, invented, err := invented(ctx, store)
	if err == nil && begun && !invented {
		err = domain.Refusal{Code: "demo.not-its-ledger", Reason: "这本账里已有不是演示的记录；演示的内容虚构，记进去就删不掉，没有记入。给演示另指定一个新的账本 (a ledger in earnest: nothing was loaded)", Field: "--db"}
	}
	return err
}

// invented reports whether anybody has acted on the ledger, and whether the first
// who did was the demonstration. That its log has begun is nobody's act.
func invented(ctx context.Context, store eventstore.Store) (begun, invented bool, err error) {
	for r, err := range store.ReadAll(ctx, 0) {
		if err != nil || r.Stream != sealing.Stream {
			return err == nil, err == nil && evidence.Demonstration(r.Header), err
		}
	}
	return false, false, nil
}

// layOut puts the story's files where the ledger keeps files.
func layOut(ctx context.Context, files *attachments.Directory) error {
	for _, f := range story.Files() {
		taken, err := files.Take(ctx, f.Name, bytes.NewReader(f.Content))
		if err != nil {
			return err
		}
		defer taken.Discard()
		if err := taken.Keep(func() error { return nil }); err != nil { // the story says who handed it in
			return err
		}
	}
	return nil
}

// load tells the story of the invented city, then enters the published tables.
func load(ctx context.Context, store eventstore.Store, keys *vault.Vault, clock *story.Clock, errs io.Writer) (story.Told, []intake.Entered, error) {
	bar := progress(errs, -1, "示例市 (the invented city)")
	told, err := story.Tell(ctx, store, keys, clock, time.Now(), func(done, all int) {
		bar.ChangeMax(all)
		_ = bar.Set(done)
	})
	if err != nil {
		return told, nil, err
	}
	entered, err := enter(ctx, store, published.Samples(), errs)
	return told, entered, err
}

// seatVisitors opens the demonstration's accounts. Nobody knows their passwords:
// a visitor takes a role by a button, on this machine only.
func seatVisitors(ctx context.Context, all *accounts.Accounts) error {
	for _, a := range story.Accounts() {
		if _, err := all.Find(ctx, a.Username); !errors.Is(err, accounts.ErrUnknown) {
			if err != nil {
				return err
			}
			continue
		}
		if err := all.Add(ctx, a, rand.Text()); err != nil {
			return err
		}
	}
	return nil
}

// tell says what was loaded, what was found wrong, and where to look.
func tell(w io.Writer, told story.Told, entered []intake.Entered) {
	events, counts := 0, map[scoring.Code]int{}
	for _, e := range entered {
		events += e.Added
		for _, f := range e.Findings {
			counts[f.Code]++
		}
	}
	fmt.Fprintf(w, "真实公开表 (published tables)   %d 张，入账 %d 件，实名并附来源\n", len(entered), events)
	fmt.Fprintf(w, "示例市 (invented city)          %d 个项目，%d—%d 年度，入账 %d 件，人员为化名\n\n", told.Programmes, told.Years[0], told.Years[1], told.Events)
	fmt.Fprintf(w, "公开表里算得出的问题 (found in the published tables):\n")
	for _, code := range slices.SortedFunc(maps.Keys(counts), func(a, b scoring.Code) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b))
	}) {
		fmt.Fprintf(w, "  %3d  %-26s %s\n", counts[code], code, code.Title())
	}
	fmt.Fprint(w, `
看什么 (where to look):
  项目登记册 /programmes      全部项目走到哪一步
  回放       /programmes 里任一项目 → 回放：当时的表是什么样，谁决定的
  责任链     /people          谁在什么岗位办过什么
  校核       /check           任一张表逐行重算
  审计轨迹   /record          每件事一句话，原文可查；每件事都有回执
  参与人     /participants    专家、评议人、受益人：说过什么，如何依法删除
  取证单     项目、人员、审计轨迹页 → 导出取证单：带走，不靠本系统也能核
  核验       /verify          核对回执、检查点、扫到的码，不用登录
  对外推送   /deliveries      推给谁，推到哪里，谁拒收
  外来数据   /dead-letters    收到而没有入账的，为什么
`)
}
