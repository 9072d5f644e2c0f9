package seal

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"wenxiao/eventstore"
)

// Issue makes the receipt of the record at position under a published
// checkpoint. A record that is not what was sealed has none: [ErrInconsistent].
func Issue(ctx context.Context, store eventstore.Store, tiles Tiles, c Checkpoint, position eventstore.Position) (Receipt, error) {
	proof, err := tiles.Prove(c.Head, position)
	if err != nil {
		return Receipt{}, err
	}
	record, err := recordAt(ctx, store, position)
	if err != nil {
		return Receipt{}, err
	}
	index := int64(position - 1)
	if err := tlog.CheckRecord(proof, int64(c.Size), c.Root, index, tlog.RecordHash(record.Envelope)); err != nil {
		return Receipt{}, fmt.Errorf("%w：第 %d 件不是当初封存的", ErrInconsistent, position)
	}
	return Receipt{record.Envelope, record.Header, index, proof, c}, nil
}

func recordAt(ctx context.Context, store eventstore.Store, position eventstore.Position) (eventstore.Record, error) {
	for r, err := range store.ReadAll(ctx, position-1) {
		return r, err
	}
	return eventstore.Record{}, fmt.Errorf("%w：第 %d 件还没有", ErrNotCovered, position)
}
