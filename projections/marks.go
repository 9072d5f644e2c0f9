package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"wenxiao/eventstore"
)

const marksSchema = `CREATE TABLE IF NOT EXISTS projection_marks (name TEXT, position BIGINT, event TEXT, stopped TEXT, PRIMARY KEY (name))`

// openMarks makes the table of marks. One of an earlier program, which did not
// keep the id of the last event, gets the column.
func openMarks(ctx context.Context, db *sql.DB) error {
	d := dialectOf(db)
	if _, err := db.ExecContext(ctx, d.spell(marksSchema)); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `SELECT event FROM projection_marks WHERE name = ''`); err == nil {
		return nil
	}
	_, err := db.ExecContext(ctx, d.spell(`ALTER TABLE projection_marks ADD COLUMN event TEXT DEFAULT ''`))
	return err
}

// readMark returns how far the projection of name is, and makes the mark where
// there is none.
func readMark(ctx context.Context, db *sql.DB, name string) (position eventstore.Position, stopped string, err error) {
	if _, err := db.ExecContext(ctx, `INSERT INTO projection_marks (name, position, event, stopped) VALUES ($1, 0, '', '') ON CONFLICT (name) DO NOTHING`, name); err != nil {
		return 0, "", fmt.Errorf("mark of %s: %w", name, err)
	}
	var at int64
	err = db.QueryRowContext(ctx, `SELECT position, stopped FROM projection_marks WHERE name = $1`, name).Scan(&at, &stopped)
	if err != nil {
		return 0, "", fmt.Errorf("mark of %s: %w", name, err)
	}
	return eventstore.Position(at), stopped, nil
}

// errMoved reports that another process has filled the tables meanwhile. What
// this one holds in memory is worth nothing then.
var errMoved = errors.New("the tables were filled by another process meanwhile")

// moveMark moves a mark within the transaction that writes the rows. It comes
// first: the row's lock keeps two processes from writing the same page.
func moveMark(tx *sql.Tx, name string, from eventstore.Position, to Fact) error {
	result, err := tx.ExecContext(context.Background(), `UPDATE projection_marks SET position = $1, event = $2, stopped = '' WHERE name = $3 AND position = $4`,
		int64(to.Position), to.ID, name, int64(from))
	if err != nil {
		return fmt.Errorf("mark of %s: %w", name, err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errMoved, err)
	}
	return nil
}

func writeStopped(ctx context.Context, db *sql.DB, name, why string) error {
	_, err := db.ExecContext(ctx, `UPDATE projection_marks SET stopped = $1 WHERE name = $2`, why, name)
	return err
}

// Marks says how far each projection is, and why one is stopped.
func (r *Runner) Marks(ctx context.Context) ([]Mark, error) {
	head, err := r.store.Head(ctx)
	if err != nil {
		return nil, err
	}
	stored, err := readMarks(ctx, r.db)
	if err != nil { // nothing was filled yet, or by an earlier program
		if err := openMarks(ctx, r.db); err != nil {
			return nil, err
		}
		stored, err = readMarks(ctx, r.db)
	}
	var marks []Mark
	for _, p := range append([]Projection{newDirectory()}, r.projections...) {
		m := stored[p.Name()]
		m.Name, m.Head = p.Name(), head
		marks = append(marks, m)
	}
	return marks, err
}

func readMarks(ctx context.Context, db *sql.DB) (map[string]Mark, error) {
	marks := map[string]Mark{}
	err := Views{db}.each(ctx, `SELECT name, position, event, stopped FROM projection_marks`, nil, func(scan func(...any) error) error {
		var name string
		var at int64
		var m Mark
		err := scan(&name, &at, &m.Event, &m.Stopped)
		m.Position = eventstore.Position(at)
		marks[name] = m
		return err
	})
	return marks, err
}

// Reached is the position that every table has read to, as readers see them. Where
// this process has filled or watched tables it costs nothing.
func (r *Runner) Reached(ctx context.Context) (eventstore.Position, error) {
	if at := r.shown(); at > 0 {
		return at, nil
	}
	at, _, err := r.lowestMark(ctx, r.db)
	return at, err
}
