package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"wenxiao/eventstore"
)

// bulk is how many records go in by COPY: see docs/decisions/0025.
const bulk = 512

var copied = []string{"position", "stream", "revision", "id", "type", "recorded_at", "command", "envelope", "data"}

// copyIn commits a large batch in one transaction of several round trips. Whatever
// fails before the server is told to commit leaves nothing.
func (l *ledger) copyIn(ctx context.Context, batch eventstore.Batch) error {
	tx, err := l.pool.Begin(ctx)
	if err != nil {
		return unwritten(err)
	}
	spans := l.spans(batch.Entries)
	if err := l.copyTo(ctx, tx, batch, spans); err != nil {
		_ = tx.Rollback(context.WithoutCancel(ctx)) // gives the connection back
		return unwritten(l.denied(ctx, err, batch))
	}
	if err := tx.Commit(ctx); err != nil {
		return classified(err)
	}
	l.remember(spans)
	return nil
}

func (l *ledger) copyTo(ctx context.Context, tx pgx.Tx, batch eventstore.Batch, spans spans) error {
	if err := tx.SendBatch(ctx, l.claims(batch, spans)).Close(); err != nil {
		return err
	}
	n, err := tx.CopyFrom(ctx, pgx.Identifier{l.layout.tableOf(batch)}, copied, pgx.CopyFromSlice(len(batch.Entries), func(i int) ([]any, error) {
		return row(&batch.Entries[i]), nil
	}))
	if err == nil && n != int64(len(batch.Entries)) {
		err = fmt.Errorf("the server took %d of %d records", n, len(batch.Entries))
	}
	return err
}

func row(e *eventstore.Entry) []any {
	var command any
	if c := e.Taken(); c != "" {
		command = c
	}
	return []any{int64(e.Position), e.StreamNumber, int64(e.Revision), idOf(*e), e.Type, e.RecordedAt, command, e.Envelope, e.Data}
}

// unwritten marks an error after which certainly nothing was written, where it
// does not say so itself.
func unwritten(err error) error {
	if errors.Is(err, eventstore.ErrUnwritten) || errors.Is(err, eventstore.ErrFenced) {
		return err
	}
	return fmt.Errorf("%w: %w", eventstore.ErrUnwritten, err)
}
