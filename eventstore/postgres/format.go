package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// format is the version of the schema this package reads and writes.
const format = 3

var (
	//go:embed schema.sql
	schema string

	//go:embed partitions.sql
	partitions string

	//go:embed upgrade_2.sql
	upgradeTo2 string

	//go:embed upgrade_3.sql
	upgradeTo3 string

	//go:embed upgrade_3_after.sql
	afterUpgradeTo3 string
)

// Create makes an empty ledger in the database at url whose partitions hold width
// records each, where [Open] would give them [Width]. A ledger that is there is
// left as it is, but taken from whoever writes it; one of an earlier format is
// brought to this one, with partitions of width.
func Create(ctx context.Context, url string, width int64) error {
	pool, err := openPool(ctx, url, 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = prepare(ctx, pool, width)
	return err
}

// takeOver creates the tables if there are none and returns the new epoch.
func takeOver(ctx context.Context, pool *pgxpool.Pool) (epoch int64, err error) {
	return prepare(ctx, pool, Width)
}

// prepare creates or upgrades the tables and begins an epoch, so that no writer of
// an earlier format goes on. The advisory lock keeps two processes from creating
// them at once.
func prepare(ctx context.Context, pool *pgxpool.Pool, width int64) (epoch int64, err error) {
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		var tables int
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext('ledger in ' || current_schema()))`); err != nil {
			return fmt.Errorf("lock the schema of the search_path: %w", err)
		}
		if err := tx.QueryRow(ctx, `select count(to_regclass(quote_ident(current_schema()) || '.ledger_head'))`).Scan(&tables); err != nil {
			return err
		}
		if tables == 0 {
			if err := create(ctx, tx, width); err != nil {
				return fmt.Errorf("create tables: %w", err)
			}
		}
		if err := upgrade(ctx, tx, width); err != nil {
			return fmt.Errorf("upgrade the ledger's tables: %w", err)
		}
		if err := checkFormat(ctx, tx); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `update ledger_head set epoch = epoch + 1 returning epoch`).Scan(&epoch)
	})
	return epoch, err
}

func create(ctx context.Context, tx pgx.Tx, width int64) error {
	if _, err := tx.Exec(ctx, schema+partitions); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `insert into ledger_head (version, epoch, position, width) values ($1, 0, 0, $2)`, format, width); err != nil {
		return err
	}
	_, err := extend(ctx, tx, layout{width: width, until: 1}, 0)
	return err
}

// upgrade brings a ledger of an earlier format to this one.
func upgrade(ctx context.Context, tx pgx.Tx, width int64) error {
	var version int
	var position int64
	if err := tx.QueryRow(ctx, `select version, position from ledger_head for update`).Scan(&version, &position); err != nil {
		return err
	}
	if version == 1 {
		if _, err := tx.Exec(ctx, upgradeTo2); err != nil {
			return err
		}
		version = 2
	}
	if version != 2 {
		return nil
	}
	return divide(ctx, tx, width, position)
}

// divide makes the one table of format 2 the first partition, which may be several
// widths wide. The server reads it through twice: to see that all positions are
// within, and for the commands.
func divide(ctx context.Context, tx pgx.Tx, width, position int64) error {
	if _, err := tx.Exec(ctx, upgradeTo3+partitions); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, fmt.Sprintf(`alter table ledger_head add column width bigint not null default %d check (width > 0); alter table ledger_head alter column width drop default`, width)); err != nil {
		return err
	}
	first := layout{width: width, parts: []int64{1}, until: position/width*width + width + 1}
	if err := attach(ctx, tx, 1, first.until); err != nil {
		return err
	}
	if _, err := extend(ctx, tx, first, position); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, afterUpgradeTo3)
	return err
}

// checkFormat refuses a database that has no ledger, or one of another format.
func checkFormat(ctx context.Context, db interface {
	QueryRow(context.Context, string, ...any) pgx.Row
},
) error {
	var version int
	switch err := db.QueryRow(ctx, `select version from ledger_head`).Scan(&version); {
	case undefined(err):
		return fmt.Errorf("数据库中没有账本 (no ledger in this database): %w", err)
	case err != nil:
		return fmt.Errorf("打不开账本 (the ledger cannot be opened): %w", err)
	case 0 < version && version < format:
		return fmt.Errorf("账本格式为 %d，本程序读写格式 %d：请先以可写方式打开一次（启动 wenxiao serve 即可），账本会自行升级，记录不变；此前请用原来的程序读 (ledger format %d, this program's is %d: open it once for writing, such as by wenxiao serve, and it upgrades itself)", version, format, version, format)
	case version != format:
		return fmt.Errorf("账本格式为 %d，本程序读写格式 %d (ledger format %d, this program's is %d)", version, format, version, format)
	}
	return nil
}

// undefined reports an error of a table or schema that is not there.
func undefined(err error) bool {
	var said *pgconn.PgError
	return errors.As(err, &said) && (said.Code == "42P01" || said.Code == "3F000")
}
