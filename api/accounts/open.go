package accounts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Schema is where the tables lie in PostgreSQL, unless the address names another
// search_path.
const Schema = "wenxiao_accounts"

// Open opens the database of accounts and makes its tables where they are
// missing. The address is sqlite:PATH, a file that only its owner may read, or
// postgres://….
func Open(ctx context.Context, address string) (*Accounts, error) {
	db, err := open(ctx, address)
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, fmt.Errorf("accounts: %w", closing(db, err))
	}
	return &Accounts{
		db: db, now: time.Now, attempts: newAttempts(),
		verified: newBounded[verified](1000), turns: newBounded[*sync.Mutex](1000),
	}, nil
}

func open(ctx context.Context, address string) (*sql.DB, error) {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		return openSQLite(path)
	}
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return openPostgres(ctx, address)
	}
	return nil, fmt.Errorf("accounts: %q is neither sqlite:PATH nor postgres://…", address)
}

func openSQLite(path string) (*sql.DB, error) {
	// Made here, because SQLite would let everybody read it.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)"},
		"_txlock": {"immediate"},
	}.Encode()}
	return sql.Open("sqlite", dsn.String())
}

func openPostgres(ctx context.Context, address string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errors.New("accounts: the address of the PostgreSQL database is malformed") // without its password
	}
	schema := config.RuntimeParams["search_path"]
	if schema == "" {
		schema = Schema
		config.RuntimeParams["search_path"] = schema
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(8)
	if _, err := db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{schema}.Sanitize()); err != nil {
		return nil, fmt.Errorf("accounts: %w", closing(db, err))
	}
	return db, nil
}

// closing closes db and returns err, the reason for it.
func closing(db *sql.DB, err error) error {
	_ = db.Close()
	return err
}
