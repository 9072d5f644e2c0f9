package main

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"wenxiao/bench/city"
	"wenxiao/eventstore"
	"wenxiao/projections"
)

// sizes says what a city takes on the disk, part by part: the records as they
// are, the database around them, the tables for reading, the public log.
func sizes(ctx context.Context, p plan) error {
	return p.eachBackend(ctx, func(b backend) error { return weigh(ctx, b, p) })
}

func weigh(ctx context.Context, b backend, p plan) error {
	store, tables, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	size := city.Usual
	size.Events, size.Years = p.filled, 200
	n, err := city.Build(ctx, store, size, 1, 64, func(int) {})
	if err != nil {
		return err
	}
	fmt.Printf("\n%s, what a city of %d events takes (seed 1), bytes an event\n", b.name, n)
	if err := weighRecords(ctx, store, n); err != nil {
		return err
	}
	if err := weighLog(ctx, store, p.dir, n); err != nil {
		return err
	}
	db, err := projections.OpenDB(ctx, tables)
	if err != nil {
		return err
	}
	defer db.Close()
	runner := projections.NewRunner(db, store, slog.New(slog.DiscardHandler), projections.All()...)
	if err := runner.Rebuild(ctx, func(_, _ eventstore.Position) {}); err != nil {
		return err
	}
	if path, ok := strings.CutPrefix(tables, "sqlite:"); ok {
		return weighFiles(ctx, db, path, n)
	}
	return weighRelations(ctx, db, n)
}

// weighRecords counts the records themselves, and the spread of their types.
func weighRecords(ctx context.Context, store eventstore.Store, n int) error {
	var envelopes, data int
	types, bytes := map[string]int{}, map[string]int{}
	for r, err := range store.ReadAll(ctx, 0) {
		if err != nil {
			return err
		}
		envelopes, data = envelopes+len(r.Envelope), data+len(r.Data)
		types[r.Type]++
		bytes[r.Type] += len(r.Data)
	}
	line("envelope", "%d", envelopes/n)
	line("data", "%d", data/n)
	for _, t := range slices.Sorted(maps.Keys(types)) {
		line("  "+t, "%.1f%% of events, data %d", 100*float64(types[t])/float64(n), bytes[t]/types[t])
	}
	return nil
}

// weighLog counts the public log: tiles of hashes, and entries apart, which are
// the envelopes once more.
func weighLog(ctx context.Context, store eventstore.Store, dir string, n int) error {
	dir, err := os.MkdirTemp(dir, "weighed-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	sealer, signer, err := openSealer(store, dir)
	if err != nil {
		return err
	}
	defer signer.Close()
	if _, err := sealer.Seal(ctx); err != nil {
		return err
	}
	var all, entries int64
	err = filepath.WalkDir(filepath.Join(dir, "log"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		all += info.Size()
		if strings.Contains(path, "entries") {
			entries += info.Size()
		}
		return nil
	})
	line("log: tiles of hashes", "%d", (all-entries)/int64(n))
	line("log: entries", "%d", entries/int64(n))
	return err
}

// weighFiles counts the files of SQLite with their logs emptied.
func weighFiles(ctx context.Context, db *sql.DB, tables string, n int) error {
	if _, err := db.ExecContext(ctx, "pragma wal_checkpoint(truncate)"); err != nil {
		return err
	}
	for _, f := range []struct{ what, path string }{{"ledger.db", strings.TrimSuffix(tables, ".views")}, {"tables for reading", tables}} {
		info, err := os.Stat(f.path)
		if err != nil {
			return err
		}
		line(f.what, "%d", info.Size()/int64(n))
	}
	return nil
}

// weighRelations counts the relations of PostgreSQL.
func weighRelations(ctx context.Context, db *sql.DB, n int) error {
	if _, err := db.ExecContext(ctx, "vacuum analyze"); err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, `
		select case when relname like 'ledger\_%' then 'ledger: ' || relname else 'tables for reading' end as what,
		  sum(pg_table_size(c.oid))::bigint, sum(pg_indexes_size(c.oid))::bigint
		from pg_class c where relkind = 'r' and relnamespace = current_schema()::regnamespace group by 1 order by 1`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var what string
		var heap, indexes int64
		if err := rows.Scan(&what, &heap, &indexes); err != nil {
			return err
		}
		if heap+indexes > int64(n) { // a byte an event, or more
			line(what, "%d, its indexes %d", heap/int64(n), indexes/int64(n))
		}
	}
	return rows.Err()
}
