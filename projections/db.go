package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
)

// Schema is the PostgreSQL schema the tables lie in.
const Schema = "wenxiao_views"

// OpenDB opens the database of the tables, and makes it where it is missing:
// "sqlite:PATH", a file of their own, or "postgres://…", where they lie in
// [Schema] unless the address names another search_path.
func OpenDB(ctx context.Context, address string) (*sql.DB, error) {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		return openSQLite(ctx, path)
	}
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return openPostgres(ctx, address)
	}
	return nil, fmt.Errorf("%q is neither sqlite:PATH nor postgres://…", address)
}

// openSQLite syncs at checkpoints only (synchronous=NORMAL): a power cut may
// take the last pages, rows and marks together, and they are read again from
// the ledger. A transaction that means to write takes the lock at once, so it
// waits its turn instead of failing halfway.
func openSQLite(ctx context.Context, path string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "cache_size(-32000)", "temp_store(MEMORY)",
		"wal_autocheckpoint(8000)", "journal_size_limit(67108864)", // a sync each 32 MiB of pages
	}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
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
		config.RuntimeParams["search_path"] = Schema
	}
	config.RuntimeParams["application_name"] = "wenxiao views"
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(prepared))
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(8)
	if err := ping(ctx, db, config.Host); err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{schema}.Sanitize()); err != nil {
		return nil, errors.Join(fmt.Errorf("create schema %s: %w", schema, err), db.Close())
	}
	return db, nil
}

// vigilant makes the server notice within seconds that the machine of a session
// is gone: what it held would keep the next process from filling the tables.
// Settings a server does not know are left out.
const vigilant = `SELECT set_config(s.name, w.value, false) FROM pg_settings s JOIN (VALUES
	('tcp_keepalives_idle', '2'), ('tcp_keepalives_interval', '1'), ('tcp_keepalives_count', '3'),
	('tcp_user_timeout', '5s'), ('client_connection_check_interval', '1s')) w (name, value) USING (name)`

// hurry has the server end tx when it is not gone on with: a process that was
// stopped in the middle of a page holds the marks, and may never come back to it.
func (d dialect) hurry(ctx context.Context, tx *sql.Tx) error {
	if d != postgresDialect {
		return nil
	}
	_, err := tx.ExecContext(ctx, `SET LOCAL idle_in_transaction_session_timeout = '10s'`)
	return err
}

// prepared makes a new connection ready.
func prepared(ctx context.Context, c *pgx.Conn) error {
	if _, err := c.Exec(ctx, vigilant); err != nil {
		return err
	}
	return compressWell(ctx, c)
}

// compressWell has long values compressed in a tenth of the time that PostgreSQL's
// own way takes, to about the same size. A server built without LZ4, or older than
// 14, goes on in its own way.
func compressWell(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, `SET default_toast_compression = 'lz4'`)
	if refused := (*pgconn.PgError)(nil); errors.As(err, &refused) {
		return nil
	}
	return err
}

func ping(ctx context.Context, db *sql.DB, name string) error {
	if err := db.PingContext(ctx); err != nil {
		return errors.Join(fmt.Errorf("open %s: %w", name, err), db.Close())
	}
	return nil
}

// A dialect is the little in which the two databases differ.
type dialect int

const (
	sqliteDialect dialect = iota
	postgresDialect
)

func dialectOf(db *sql.DB) dialect {
	if _, ok := db.Driver().(*sqlite.Driver); ok {
		return sqliteDialect
	}
	return postgresDialect
}

// spell turns the one text of a definition into the database's own. SQLite
// keeps a table in the order of its key only when that is called INTEGER;
// PostgreSQL sorts text by bytes, as SQLite does, only when told.
func (d dialect) spell(text string) string {
	if d == sqliteDialect {
		return strings.NewReplacer("BIGINT", "INTEGER", "BYTEA", "BLOB").Replace(text)
	}
	return strings.ReplaceAll(text, "TEXT", `TEXT COLLATE "C"`)
}

// mark is the placeholder of the n-th argument. SQLite takes PostgreSQL's too,
// but its driver then looks up the name of each, a sixth of the time of a write.
func (d dialect) mark(n int) string {
	if d == sqliteDialect {
		return "?"
	}
	return "$" + strconv.Itoa(n)
}

// batches are the numbers of rows one statement writes, largest first. For
// PostgreSQL a statement is a journey; for SQLite it is a function call, and
// binding is what costs.
func (d dialect) batches() []int {
	if d == sqliteDialect {
		return []int{8, 1}
	}
	return []int{256, 32, 4, 1}
}
