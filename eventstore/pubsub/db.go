package pubsub

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
)

// Schema is where the tables lie in PostgreSQL, unless the address names another
// search_path.
const Schema = "wenxiao_streams"

// OpenDB opens the database beside a ledger in which it is kept who has read how
// far, and makes it where it is missing: "sqlite:PATH", a file that only its
// owner may read, or "postgres://…". It is never part of the ledger.
func OpenDB(ctx context.Context, address string) (*sql.DB, error) {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		return openSQLite(ctx, path)
	}
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return openPostgres(ctx, address)
	}
	return nil, fmt.Errorf("%q is neither sqlite:PATH nor postgres://…", address)
}

// openSQLite syncs at every commit: a message acknowledged to its sender and
// noted here must not be lost with the power.
func openSQLite(ctx context.Context, path string) (*sql.DB, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // SQLite would let everybody read it
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	return db, ping(ctx, db, path)
}

func openPostgres(ctx context.Context, address string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errors.New("the address of the PostgreSQL database is malformed") // without its password
	}
	schema := config.RuntimeParams["search_path"]
	if schema == "" {
		schema = Schema
		config.RuntimeParams["search_path"] = schema
	}
	config.RuntimeParams["application_name"] = "wenxiao streams"
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(4)
	if err := ping(ctx, db, config.Host); err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{schema}.Sanitize()); err != nil {
		return nil, errors.Join(fmt.Errorf("create schema %s: %w", schema, err), db.Close())
	}
	return db, nil
}

func ping(ctx context.Context, db *sql.DB, name string) error {
	if err := db.PingContext(ctx); err != nil {
		return errors.Join(fmt.Errorf("open %s: %w", name, err), db.Close())
	}
	return nil
}

// millis is the database's own clock in milliseconds: several machines may share
// one PostgreSQL, and their clocks differ.
func millis(db *sql.DB) string {
	if _, ok := db.Driver().(*sqlite.Driver); ok {
		return `CAST(unixepoch('subsec') * 1000 AS INTEGER)`
	}
	return `CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)`
}
