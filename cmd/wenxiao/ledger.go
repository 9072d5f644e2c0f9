package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/esdb"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/sqlite"
	"wenxiao/projections"
)

// A place says where a ledger is kept: its records, its tables for reading and
// its accounts, each apart from the others, so that tables can be thrown away
// and rebuilt, and passwords are never part of the record.
type place struct {
	url    string // as given with --db
	home   string // as given with --home: what lies beside a ledger that is no file
	tables string // as given with --views: tables and accounts elsewhere than the ledger

	member postgres.Member // how this process takes part, where several may
	reads  string          // as given with --reads: a replica of the tables
}

// dbFlag adds --db to cmd.
func dbFlag(cmd *cobra.Command) *place {
	p := new(place)
	fallback := cmp.Or(os.Getenv("WENXIAO_DB"), "sqlite:wenxiao.db")
	cmd.Flags().StringVar(&p.url, "db", fallback, "账本位置 (ledger): sqlite:PATH、postgres://… 或 esdb://…；也可用环境变量 WENXIAO_DB")
	cmd.Flags().Lookup("db").DefValue = "WENXIAO_DB，没有设就是 sqlite:wenxiao.db" // shown by --help: an address may hold a password
	home := os.Getenv("WENXIAO_HOME")
	if home == "" {
		home = "wenxiao-home"
	}
	cmd.Flags().StringVar(&p.home, "home", home, "PostgreSQL 或 EventStoreDB 账本的钥匙、公开日志和附件所在目录 (directory of keys, log and files); 也可用 WENXIAO_HOME")
	cmd.Flags().StringVar(&p.tables, "views", os.Getenv("WENXIAO_VIEWS"), "查询表和账户另放何处 (tables and accounts apart from the ledger): sqlite:PATH 或 postgres://…；也可用 WENXIAO_VIEWS")
	cmd.Flags().Lookup("views").DefValue = ""
	return p
}

// beside returns the path of what belongs to the ledger and is not its records:
// seal, log, keys, files. For SQLite it lies beside the file, otherwise in the
// home directory.
func (p place) beside(name string) string {
	if path, ok := p.path(); ok {
		return path + "." + name
	}
	return filepath.Join(p.home, name)
}

// path returns the file of an SQLite ledger.
func (p place) path() (string, bool) { return strings.CutPrefix(p.url, "sqlite:") }

func (p place) isPostgres() bool { return isPostgres(p.url) }

func isPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

func (p place) isEventStore() bool {
	return strings.HasPrefix(p.url, "esdb://") || strings.HasPrefix(p.url, "esdb+discover://")
}

// String is the address without its password.
func (p place) String() string {
	if !p.isPostgres() && !p.isEventStore() {
		return p.url
	}
	u, err := url.Parse(p.url)
	if err != nil {
		scheme, _, _ := strings.Cut(p.url, "://")
		return scheme + "://…"
	}
	return u.Redacted()
}

func (p place) views() string    { return p.kept("views") }
func (p place) accounts() string { return p.kept("accounts") }

// kept is the database of something that is kept apart from the records: in
// PostgreSQL the same one, otherwise a file of its own.
func (p place) kept(what string) string {
	at := p.url
	switch {
	case p.tables != "":
		at = p.tables
	case p.isEventStore():
		at = "sqlite:" + filepath.Join(p.home, "wenxiao.db")
	}
	if isPostgres(at) {
		return at
	}
	return at + "." + what
}

// streams is where it is kept how far others have read, and what was refused of
// what they sent.
func (p place) streams() string { return p.kept("streams") }

// check refuses what is no place, and makes the folder that a ledger on a server
// has here.
func (p place) check() error {
	if file, ok := strings.CutPrefix(p.tables, "sqlite:"); p.tables != "" && !isPostgres(p.tables) && (!ok || file == "") {
		return usage("--views 应为 sqlite:路径 或 postgres://…，给的是 %q", p.tables)
	}
	if p.isEventStore() {
		return os.MkdirAll(p.home, 0o700)
	}
	path, ok := p.path()
	if ok && path != "" || p.isPostgres() {
		return nil
	}
	return usage("--db 应为 sqlite:路径、postgres://… 或 esdb://…，给的是 %q", p.url)
}

// openStore opens the records for writing. clock is nil but in a demonstration.
func (p place) openStore(ctx context.Context, clock func() time.Time, options ...eventstore.Option) (eventstore.Store, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if clock != nil {
		options = append(options, eventstore.WithClock(clock))
	}
	if path, ok := p.path(); ok {
		if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, os.ErrNotExist) {
			return nil, domain.Refusal{Code: "ledger.no-folder", Reason: fmt.Sprintf("没有这个目录 %s；先建好目录，或用 --db 指明别处", filepath.Dir(path)), Field: "--db"}
		}
		return opened(sqlite.Open(path, options...))
	}
	if p.isEventStore() {
		return opened(esdb.Open(ctx, p.url, options...))
	}
	if err := p.upgradable(ctx, false); err != nil {
		return nil, err
	}
	store, err := postgres.Join(ctx, p.url, p.member, options...)
	if no := new(net.OpError); errors.As(err, &no) && no.Op == "listen" {
		err = domain.Refusal{Code: "serve.handover", Reason: fmt.Sprintf("不能在 %s 接收其他进程转来的记录：%s (cannot listen)", p.member.Listen, unheard(err)), Field: "--handover"}
	}
	return opened(store, err)
}

// opened keeps a nil back-end from becoming a store that is not nil.
func opened[S eventstore.Store](store S, err error) (eventstore.Store, error) {
	if err != nil {
		return nil, err
	}
	return store, nil
}

// openReader opens the records of an existing ledger for reading, beside a
// server that writes.
func (p place) openReader(ctx context.Context) (eventstore.Store, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if path, ok := p.path(); ok {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return nil, domain.Refusal{Code: "ledger.not-found", Reason: fmt.Sprintf("没有账本文件 %s；先运行 wenxiao demo、serve 或 import，或用 --db 指明", path)}
		}
		return opened(sqlite.OpenReadOnly(path))
	}
	if p.isEventStore() {
		return opened(esdb.OpenReadOnly(ctx, p.url))
	}
	return opened(postgres.OpenReadOnly(ctx, p.url))
}

// A reading is a ledger open for questions, with its tables caught up.
type reading struct {
	eventstore.Store
	Views  projections.Views
	Runner *projections.Runner
	db     *sql.DB
	folder string // of tables that are thrown away; empty where they stay
}

func (p place) read(ctx context.Context, errs io.Writer) (*reading, error) {
	store, err := p.openReader(ctx)
	if err != nil {
		return nil, err
	}
	r := &reading{Store: store}
	address := p.views()
	if path, ok := p.path(); ok && !changeable(path+".views") {
		if r.folder, err = os.MkdirTemp("", "wenxiao-tables-"); err != nil {
			return nil, errors.Join(err, store.Close())
		}
		address = "sqlite:" + filepath.Join(r.folder, "views")
	}
	if r.db, err = projections.OpenDB(ctx, address); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	db := r.db
	r.Views = projections.Views{DB: db}
	r.Runner = projections.NewRunner(db, store, newLog(errs), projections.All()...)
	if err := catchUp(ctx, r.Runner, store); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// catchUp brings the tables up to the ledger, if they are the tables of it.
func catchUp(ctx context.Context, runner *projections.Runner, store eventstore.Store) error {
	if err := fit(ctx, runner, store); err != nil {
		return err
	}
	return runner.CatchUp(ctx)
}

// fit refuses tables that have read more than the ledger holds, or something else:
// it was put back from a backup older than they are, they show what is not in it,
// and would miss what it records next.
func fit(ctx context.Context, runner *projections.Runner, store eventstore.Store) error {
	marks, err := runner.Marks(ctx)
	if err != nil {
		return err
	}
	head, err := store.Head(ctx) // after the marks, which a server beside us may move
	if err != nil {
		return err
	}
	for _, m := range marks {
		if m.Position > head {
			return domain.Refusal{
				Code:   "tables.ahead",
				Reason: fmt.Sprintf("查询表已读到账本位置 %d，账本只到 %d，像是由较早的备份恢复的；用 wenxiao rebuild 重建查询表后再打开", m.Position, head),
			}
		}
	}
	return sameHistory(ctx, marks, store)
}

// sameHistory refuses tables whose last event is not the one the ledger has in
// its place.
func sameHistory(ctx context.Context, marks []projections.Mark, store eventstore.Store) error {
	asked := map[string]bool{"": true} // no event read, or read by a program that did not note it
	for _, m := range marks {
		if asked[m.Event] {
			continue
		}
		asked[m.Event] = true
		for r, err := range store.ReadAll(ctx, m.Position-1) {
			if err != nil {
				return err
			}
			if r.ID != m.Event {
				return domain.Refusal{
					Code:   "tables.diverged",
					Reason: fmt.Sprintf("查询表在账本位置 %d 读到的是事件 %s，账本在那里是 %s，像是由较早的备份恢复后又记了账；用 wenxiao rebuild 重建查询表后再打开", m.Position, m.Event, r.ID),
				}
			}
			break
		}
	}
	return nil
}

func (r *reading) Close() (err error) {
	if r.db != nil {
		err = r.db.Close()
	}
	if r.folder != "" {
		err = errors.Join(err, os.RemoveAll(r.folder))
	}
	return errors.Join(err, r.Store.Close())
}

// changeable reports whether the SQLite file at path, and its log beside it, can
// be written or made. It must not be asked while this process has the file open:
// closing a file drops the locks on it.
func changeable(path string) bool {
	if file, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
		_ = file.Close()
	} else if !errors.Is(err, os.ErrNotExist) {
		return false
	}
	probe, err := os.CreateTemp(filepath.Dir(path), ".wenxiao-")
	if err != nil {
		return false
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name())) == nil
}

// progress returns a bar on w that shows nothing where w is no terminal.
func progress(w io.Writer, total int64, what string) *progressbar.ProgressBar {
	terminal := false
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what),
		progressbar.OptionSetVisibility(terminal), progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
}
